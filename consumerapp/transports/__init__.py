"""The only I/O of the core: ports, sockets, brokers and recordings. They carry bytes and know no telegram."""
