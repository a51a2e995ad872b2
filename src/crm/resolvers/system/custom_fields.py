"""What can be asked of and done with the definitions of custom fields (自定义设置)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.access.grants import SIGNED_IN
from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.system.custom_field import CustomFieldCreateInput, CustomFieldPayload, CustomFieldUpdateInput
from crm.schema.system.dictionary import DictionaryCreateInput, DictionaryPayload
from crm.services.deeds import Deed
from crm.services.system import custom_fields, dictionaries


@strawberry.type
class CustomFieldQuery:
    """Reading definitions; values are read with their records."""

    custom_field = single("system.CustomField", SIGNED_IN, "One custom field (自定义字段).")
    custom_fields = listing("system.CustomField", SIGNED_IN, "The custom fields (自定义字段) of all entities.")


@strawberry.type
class CustomFieldMutation:
    """Writing definitions."""

    @command("custom_field.administer", CustomFieldPayload, "A new custom field (新建自定义字段).")
    async def custom_field_create(deed: Deed, input: CustomFieldCreateInput) -> UUID:
        """Its key is unique in its entity."""
        return await custom_fields.create(deed, plain_input(input))

    @command(
        "custom_field.administer",
        CustomFieldPayload,
        "New values of a field (修改自定义字段); `active: false` retires it.",
    )
    async def custom_field_update(deed: Deed, id: strawberry.ID, version: int, input: CustomFieldUpdateInput) -> UUID:
        """Its entity and key never change."""
        return await custom_fields.update(deed, id, version, plain_input(input))

    @command("custom_field.administer", CustomFieldPayload, "Remove a custom field that has no values (删除自定义字段).")
    async def custom_field_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """One that has values can be retired instead."""
        return await custom_fields.delete(deed, id)

    @command("custom_field.administer", CustomFieldPayload, "Bring a removed custom field back (恢复自定义字段).")
    async def custom_field_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Refused where its key was given to another meanwhile."""
        return await custom_fields.restore(deed, id)

    @command("dictionary.administer", DictionaryPayload, "A new, empty dictionary (新建字典), for the options of custom fields.")
    async def dictionary_create(deed: Deed, input: DictionaryCreateInput) -> UUID:
        """Its code is unique."""
        return await dictionaries.create(deed, plain_input(input))
