"""The one door in, and the worker that reads the meters."""
