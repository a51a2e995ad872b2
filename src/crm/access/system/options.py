"""Dictionaries and tags: everybody reads them, administrators edit them."""

from crm.access.branches import CRUD, SignedIn, visible
from crm.access.grants import Action
from crm.core.kinds import Kind

dictionary = visible(
    "dictionary", SignedIn(), kind=Kind.DICTIONARY, gated=False, actions=frozenset({Action.READ, Action.ADMINISTER})
)
dictionary_item = visible("dictionary_item", SignedIn(), kind=Kind.DICTIONARY_ITEM, gated=False)
tag = visible("tag", SignedIn(), kind=Kind.TAG, gated=False, actions=CRUD)
