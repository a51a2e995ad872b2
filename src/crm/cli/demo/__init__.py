"""What the demo company is made of."""
