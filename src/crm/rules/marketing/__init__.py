"""Decisions of marketing."""
