"""The driver of `make bench` and `make idle`: which processes run, what is asked of them, and what becomes of the answers."""
