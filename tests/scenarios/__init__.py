"""Scenarios: each is written once and holds for every pair of languages and for both faces of a caller."""
