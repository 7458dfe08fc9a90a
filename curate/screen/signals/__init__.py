"""Signals of text quality: one file a kernel, each for one row; `web.py` and its like call them."""
