"""What pushing costs: thousands of sockets with two subscriptions each, and every message looked at."""
