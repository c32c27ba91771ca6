"""One file per widget: reactive in, message out, colours from theme variables only."""
