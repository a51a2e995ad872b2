"""The organisation, its rights, its options, and what hangs on every record."""
