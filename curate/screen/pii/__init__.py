"""Personal and secret things in text: one file a kind, see `finders.py` for what a finder is."""
