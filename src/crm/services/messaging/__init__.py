"""Deeds of the communications centre."""
