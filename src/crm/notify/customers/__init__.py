"""News of customer management."""
