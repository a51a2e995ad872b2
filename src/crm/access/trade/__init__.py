"""Who may see what of inventory, purchasing and sales."""
