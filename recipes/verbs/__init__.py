"""The verbs of the command line, by what they act on. Each is a thin skin over a function."""
