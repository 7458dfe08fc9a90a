"""The order of the stages, the command line, and the recipes that ship with Retort."""
