"""Decisions of customer management."""
