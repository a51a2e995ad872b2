"""Deeds on users, rights and options."""
