"""Who may see what of customer management."""
