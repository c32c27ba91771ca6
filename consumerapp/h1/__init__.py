"""H1, meter to simple display: sans-IO decoders. Bytes come in as arguments, events go out."""
