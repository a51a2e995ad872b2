"""Who may see what of the organisation, its rights and its options."""
