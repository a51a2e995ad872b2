"""What can be done with many customers, channels and suppliers at once (往来单位); each answers for itself.

Sharing, handing over and tagging many records of any kind: `resolvers/system/records.py`.
"""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.graph.payloads import Done
from crm.resolvers.bulk import each_record
from crm.resolvers.verbs import command, plain_input
from crm.schema.customers.parties_input import PartiesDeleteInput, PartiesUpdateInput
from crm.schema.system.bulk import RecordsPayload
from crm.services.customers import parties
from crm.services.deeds import Deed


@strawberry.type
class PartyMutation:
    """Writing many parties."""

    @command("*.update", RecordsPayload, "The same values for many customers, channels and suppliers (批量修改).")
    async def parties_update(deed: Deed, input: PartiesUpdateInput) -> Done:
        """Each by the right to update its own type."""
        given = plain_input(input)
        ids = given.pop("ids")

        async def act(inner: Deed, record_id: str) -> UUID:
            return await parties.update_one(inner, record_id, given)

        return await each_record(deed, ids, act)

    @command("*.delete", RecordsPayload, "Move many customers, channels and suppliers to the recycle bin (批量删除).")
    async def parties_delete(deed: Deed, input: PartiesDeleteInput) -> Done:
        """Each by the right to delete its own type."""
        return await each_record(deed, plain_input(input)["ids"], parties.delete_one)
