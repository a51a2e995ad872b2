"""Verbs on users, rights and options."""
