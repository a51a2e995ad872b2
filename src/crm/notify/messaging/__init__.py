"""News of the communications centre."""
