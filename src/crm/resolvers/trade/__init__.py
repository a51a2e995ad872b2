"""Verbs of inventory, purchasing and sales."""
