"""Rows of inventory, purchasing and sales."""
