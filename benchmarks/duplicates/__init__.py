"""Parts of `benchmarks/duplicates.py`. The scripts among them run in processes of their own."""
