"""Who may see what of the communications centre."""
