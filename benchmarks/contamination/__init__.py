"""Parts of `benchmarks/contamination.py`; the peer's runs in a process of its own."""
