"""One module per command of `python -m consumerapp`; see `consumerapp/__main__.py`."""
