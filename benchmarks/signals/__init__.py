"""Parts of the benchmark of signals."""
