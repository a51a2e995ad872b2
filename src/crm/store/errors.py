"""What can go wrong between us and the database, each told in one line that says what to do."""

from __future__ import annotations


class StoreError(Exception):
    """The database cannot be started, reached, migrated or copied; the text is for the person at the command line."""
