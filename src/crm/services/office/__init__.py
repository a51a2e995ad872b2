"""What happens in my office."""
