"""Customer management."""
