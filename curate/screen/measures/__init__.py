"""One measure a file. `curate/screen/catalog.py` finds them by their file names."""
