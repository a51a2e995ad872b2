"""What can be asked of and done with contacts (联系人)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.customers.contact import ContactCreateInput, ContactPayload, ContactUpdateInput
from crm.services.customers import contacts
from crm.services.deeds import Deed


@strawberry.type
class ContactQuery:
    """Reading contacts."""

    contact = single("customers.Contact", "contact.read", "One contact (联系人).")
    contacts = listing("customers.Contact", "contact.read", "The contacts (联系人) that the viewer may see.", search=True)


@strawberry.type
class ContactMutation:
    """Writing contacts."""

    @command("contact.create", ContactPayload, "A new contact at a party that the viewer sees (新建联系人).")
    async def contact_create(deed: Deed, input: ContactCreateInput) -> UUID:
        """Numbers and addresses come with it."""
        return await contacts.create(deed, plain_input(input))

    @command("contact.update", ContactPayload, "New values of a contact (修改联系人); `version` is the one that was read.")
    async def contact_update(deed: Deed, id: strawberry.ID, version: int, input: ContactUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await contacts.update(deed, id, version, plain_input(input))

    @command("contact.delete", ContactPayload, "Move a contact to the recycle bin (删除联系人).")
    async def contact_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await contacts.delete(deed, id)

    @command("contact.delete", ContactPayload, "Take a contact out of the recycle bin (恢复联系人).")
    async def contact_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await contacts.restore(deed, id)
