"""What falls due of the system."""
