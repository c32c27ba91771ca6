"""The in-home display in a terminal. It knows the core, never the portal."""
