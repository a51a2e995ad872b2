"""Deeds of marketing."""
