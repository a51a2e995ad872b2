"""Synthetic records for `crm demo` and `crm seed`: the same ones for the same seed, written in bulk."""
