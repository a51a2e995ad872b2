"""Decisions of inventory, purchasing and sales."""
