"""One file per interface: a config dataclass, a transport and a decoder, found by being there."""
