"""Rows of the organisation, its rights and its options."""
