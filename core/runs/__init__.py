"""The life of a run: the store that remembers it, the job that does it, the launcher that starts it."""
