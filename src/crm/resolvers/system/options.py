"""What can be asked of and done with dictionaries (系统选项) and tags (标签)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.access.grants import SIGNED_IN
from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.system.dictionary_item import DictionaryItemCreateInput, DictionaryItemInput, DictionaryItemPayload
from crm.schema.system.tag import TagInput, TagPayload
from crm.services.deeds import Deed
from crm.services.system import dictionaries, tags


@strawberry.type
class OptionQuery:
    """Reading dictionaries and tags."""

    dictionary = single("system.Dictionary", SIGNED_IN, "One dictionary (系统选项).")
    dictionaries = listing("system.Dictionary", SIGNED_IN, "The dictionaries (系统选项).")
    dictionary_item = single("system.DictionaryItem", SIGNED_IN, "One option (选项).")
    dictionary_items = listing("system.DictionaryItem", SIGNED_IN, "The options (选项) of all dictionaries.")
    tag = single("system.Tag", SIGNED_IN, "One tag (标签).")
    tags = listing("system.Tag", SIGNED_IN, "The tags (标签).")


@strawberry.type
class OptionMutation:
    """Writing dictionaries and tags."""

    @command("dictionary.administer", DictionaryItemPayload, "A new option of a dictionary (新建选项).")
    async def dictionary_item_create(deed: Deed, input: DictionaryItemCreateInput) -> UUID:
        """Its code is unique in the dictionary."""
        return await dictionaries.create_item(deed, plain_input(input))

    @command("dictionary.administer", DictionaryItemPayload, "New values of an option (修改选项); `active: false` retires it.")
    async def dictionary_item_update(deed: Deed, id: strawberry.ID, version: int, input: DictionaryItemInput) -> UUID:
        """Its code and dictionary never change."""
        return await dictionaries.update_item(deed, id, version, plain_input(input))

    @command("dictionary.administer", DictionaryItemPayload, "Remove an option that no record uses (删除选项).")
    async def dictionary_item_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """One that is used can be deactivated instead."""
        return await dictionaries.delete_item(deed, id)

    @command("dictionary.administer", DictionaryItemPayload, "Bring a removed option back (恢复选项).")
    async def dictionary_item_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Refused where its code was given to another meanwhile."""
        return await dictionaries.restore_item(deed, id)

    @command("tag.create", TagPayload, "A new tag (新建标签).")
    async def tag_create(deed: Deed, input: TagInput) -> UUID:
        """Its name must be given."""
        return await tags.create(deed, plain_input(input))

    @command("tag.update", TagPayload, "New values of a tag (修改标签).")
    async def tag_update(deed: Deed, id: strawberry.ID, version: int, input: TagInput) -> UUID:
        """Every record that has it shows the new name."""
        return await tags.update(deed, id, version, plain_input(input))

    @command("tag.delete", TagPayload, "Move a tag to the recycle bin (删除标签).")
    async def tag_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """Records show it no longer."""
        return await tags.delete(deed, id)

    @command("tag.delete", TagPayload, "Take a tag out of the recycle bin (恢复标签).")
    async def tag_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Onto the records that had it."""
        return await tags.restore(deed, id)
