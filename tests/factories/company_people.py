"""Who works in the fixture company, where, and under whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """Somebody with a token."""

    name: str
    department: str | None
    manager: str | None
    roles: tuple[str, ...]
    kind: str = "STAFF"
    active: bool = True

    @property
    def token(self) -> str:
        return f"token-of-{self.name}"


DEPARTMENTS: dict[str, str | None] = {
    "hq": None, "sales": "hq", "east": "sales", "east_team": "east", "west": "sales", "support": "hq", "shut": "hq",
}  # fmt: skip

PEOPLE = {
    person.name: person
    for person in (
        Person("admin", "hq", None, ("administrator",)),
        Person("chief", "hq", None, ("chief",)),
        Person("manager", "sales", "chief", ("manager",)),
        Person("agent", "east", "manager", ("agent",)),
        Person("junior", "east_team", "agent", ("agent",)),
        Person("peer", "east", "chief", ("department",)),
        Person("tree", "sales", None, ("tree",)),
        Person("outsider", "support", None, ("agent",)),
        Person("partner", "east", "manager", ("partner",), kind="CHANNEL"),
        Person("underling", "east", "partner", ("agent",)),
        Person("hider", "support", None, ("hider",)),
        Person("double", "support", None, ("hiding", "showing")),
        Person("closed", "west", None, ("closed",)),
        Person("mixed", "west", None, ("mixed",)),
        Person("clerk", "west", None, ("clerk",)),
        Person("norole", "west", None, ()),
        Person("leaver", "west", None, ("agent",), active=False),
    )
}

VIEWERS = (
    "anonymous", "admin", "chief", "manager", "agent", "junior", "peer", "tree", "partner", "hider", "double", "closed", "mixed",
    "clerk", "norole",
)  # fmt: skip
"""Who looks, in the matrix. (`outsider`, `leaver` and `underling` only own things.)"""


def upwards(name: str, parents: Mapping[str, str | None]) -> Iterable[str]:
    """The name, its parent, and so on to the root."""
    current: str | None = name
    while current is not None:
        yield current
        current = parents[current]
