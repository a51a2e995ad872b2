"""Rosters: who has open sockets, in one process or in all of a system."""
