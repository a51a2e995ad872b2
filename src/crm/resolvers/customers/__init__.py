"""Verbs of customer management."""
