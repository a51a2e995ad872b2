"""Rows of my office."""
