"""Who may see what of my office."""
