"""Deeds of inventory, purchasing and sales."""
