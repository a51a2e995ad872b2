"""Decisions on the organisation and its options."""
