"""What a model makes of held-out answers.

likelihood.py  each answer's negative log-likelihood, and a few answers of the model's own
scores.py      a model against the base, with intervals
"""
