"""One file for each meter type, found by being there; `_template.py` is the beginning of a new one."""
