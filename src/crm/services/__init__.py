"""Deeds: one function per verb. Lock, read, decide, write, record: in that order, in one transaction. They return ids."""
