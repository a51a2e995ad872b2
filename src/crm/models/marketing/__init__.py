"""Rows of the marketing centre."""
