"""What measures need of a model that runs here."""
