"""Nouns of my office."""
