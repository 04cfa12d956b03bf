"""Faults on real processes, and probes of their sockets."""
