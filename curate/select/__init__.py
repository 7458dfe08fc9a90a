"""Orders of training examples: each method ranks the candidates of a part, best first."""
