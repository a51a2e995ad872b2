"""Real systems around the product: what speaks their protocols, and keeps their connections."""
