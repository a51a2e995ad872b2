"""The servers that are measured, each a process of its own over the same database."""
