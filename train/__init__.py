"""Mixture -> adapter -> scores. The only package that imports torch, and inside functions only.

tokenizer.py   a BPE tokenizer trained here, and the template that ships
base.py        a base from a folder or the hub: what it must have, where it lies
pretrain.py    a base trained from scratch
runtime.py     device, number format, silence; models loaded
encode.py      mixture rows as token ids, checked against the mixture's counts
batches.py     the order of training rows, by length
adapters.py    LoRA and its defaults
trainer.py     TRL's trainer, with what it lacks
tune.py        one tuning, from mixture to checkpoints
evaluate/      likelihoods of held-out answers, samples, scores with intervals
"""
