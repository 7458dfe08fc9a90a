"""From raw text to a training mixture. Nothing here imports torch, `train` or `recipes`."""
