"""H3, neighbourhood gateway (NNAP) to web gateway: messages and signatures, without I/O."""
