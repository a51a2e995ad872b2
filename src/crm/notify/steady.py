"""Who is there for good: comings and goings that last, without those that are undone at once."""

from __future__ import annotations

from uuid import UUID


class Steady:
    """A set of people that follows another one late: they enter it when they have come for a while, and leave it likewise.

    It begins with whom it was told of before, as if they had just left: they have as long to come back as anybody.
    """

    def __init__(self, known: frozenset[UUID], *, stay: float, leave: float) -> None:
        self.stay = stay
        self.leave = leave
        self.people: set[UUID] = set(known)
        self._seen: frozenset[UUID] = known
        self._came: dict[UUID, float] = {}
        self._left: dict[UUID, float] = {}

    def look(self, present: frozenset[UUID], at: float) -> set[UUID]:
        """Take in who is present at a time; whose coming or going lasts by now."""
        if present is not self._seen:
            self._take(present, at)
        stayed = {person for person, since in self._came.items() if at - since >= self.stay}
        gone = {person for person, since in self._left.items() if at - since >= self.leave}
        for person in stayed:
            del self._came[person]
        for person in gone:
            del self._left[person]
        self.people = (self.people | stayed) - gone if stayed or gone else self.people
        return stayed | gone

    def _take(self, present: frozenset[UUID], at: float) -> None:
        for person in present - self._seen:
            if self._left.pop(person, None) is None:  # a page that was loaded anew
                self._came[person] = at
        for person in self._seen - present:
            if self._came.pop(person, None) is None:
                self._left[person] = at
        self._seen = present
