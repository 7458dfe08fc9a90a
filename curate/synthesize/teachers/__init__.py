"""Asking models: who may be asked, how fast, at which cost, and until when."""
