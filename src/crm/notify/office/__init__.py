"""News of my office."""
