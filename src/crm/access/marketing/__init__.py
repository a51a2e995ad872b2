"""Who may see what of the marketing centre."""
