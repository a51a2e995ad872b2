"""A viewer who is nobody: for what is rendered once for all who have the same rights.

It has their permission set and nothing of a person. Whatever asks for more is not the same for all of them, and fails.
"""

from __future__ import annotations

from typing import NoReturn

from crm.access.grants import Rights


class NeedsViewer(Exception):
    """What is being read depends on who reads it: it has to be rendered for each."""


class Nobody:
    """Stands where a `Viewer` does. It fails closed: what it does not say, nobody has."""

    __slots__ = ("epoch", "rights")
    session = None
    anonymous = False

    def __init__(self, rights: Rights, epoch: int) -> None:
        self.rights, self.epoch = rights, epoch

    def __getattr__(self, name: str) -> NoReturn:
        raise NeedsViewer(name)
