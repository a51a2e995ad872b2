"""Deeds of customer management."""
