"""What handlers raise, as their callers meet it: every case in each pair of languages, with the trace that each language prints."""
