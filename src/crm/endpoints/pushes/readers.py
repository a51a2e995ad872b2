"""Who listens: the person at the other end of a socket or stream, as they were known last."""

from __future__ import annotations

from dataclasses import replace

from crm.access.grants import Rights
from crm.access.viewer import Viewer
from crm.core.errors import Unauthenticated
from crm.endpoints.execution import ENDED, Services, load
from crm.endpoints.pushes.interned import Interned
from crm.graph.context import Request

_RIGHTS: Interned[Rights] = Interned()


class Reader:
    """Who listens on one socket or stream, as they were known last. The press looks whether they still are.

    `rights` is their permission set without the estimate of how much they see, in which people of one role differ. Equal ones are
    one object: among thousands of listeners, comparing them by value was an eighth of an announcement's cost.
    """

    __slots__ = ("_viewer", "facts", "rights")

    def __init__(self, viewer: Viewer, facts: Request) -> None:
        self.facts = facts
        self.viewer = viewer

    @property
    def viewer(self) -> Viewer:
        """As they were known last."""
        return self._viewer

    @viewer.setter
    def viewer(self, viewer: Viewer) -> None:
        wide = viewer.rights
        key = (wide.kind, frozenset(wide.scopes.items()), wide.hidden, wide.frozen)
        self.rights = _RIGHTS.one(key, replace(wide, narrow=frozenset()))
        self._viewer = replace(viewer, rights=self.rights)


async def renewed(services: Services, reader: Reader) -> Viewer:
    """The reader's viewer, with the rights of this moment. Raises `Unauthenticated` where the session has ended.

    Of thousands that come back at once each would load itself again: where nobody's rights were edited there is no need.
    """
    stand = await services.hub.history.stand()
    if reader.viewer.epoch != stand.rights:
        viewer = await load(services, reader.facts.token)
        if viewer is None:
            raise Unauthenticated(ENDED)
        reader.viewer = viewer
    return reader.viewer
