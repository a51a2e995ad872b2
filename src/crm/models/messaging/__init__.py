"""Rows of the communications centre."""
