"""Rows of customer management."""
