"""A teacher that is none: an OpenAI-compatible server that answers from rules, and fails on demand.

For dry runs without a key, and for tests of what happens when servers misbehave. Every answer and
every fault is a function of the request, of how often it has been sent, and of a seed, so a run
against it can be repeated. `settings.py` says what can be set, `server.py` how to start it.
"""
