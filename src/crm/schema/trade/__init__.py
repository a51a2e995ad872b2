"""Inventory, purchasing and sales."""
