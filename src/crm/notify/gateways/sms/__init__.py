"""By what short messages are sent: a driver for each sort of peer, made from an account."""
