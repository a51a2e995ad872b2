"""Decisions of the communications centre."""
