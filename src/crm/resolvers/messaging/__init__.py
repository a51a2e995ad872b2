"""Verbs of the communications centre."""
