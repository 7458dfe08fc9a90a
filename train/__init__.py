"""From a mixture to an adapter and its scores. The only package that will import torch."""
