"""Verbs of my office."""
