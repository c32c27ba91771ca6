"""The application core on the consumer's side of the meter: bytes in, readings out.

It knows no web framework, no terminal and no settings; `portal` and `display` both stand on it.
"""
