"""Dictionaries and tags: everybody reads them, administrators edit them."""

from crm.access.branches import CRUD, SignedIn, visible
from crm.access.grants import Action
from crm.core.kinds import Kind

_EDITED = frozenset({Action.READ, Action.ADMINISTER})

dictionary = visible("dictionary", SignedIn(), kind=Kind.DICTIONARY, gated=False, actions=_EDITED)
dictionary_item = visible(
    "dictionary_item",
    SignedIn(),
    kind=Kind.DICTIONARY_ITEM,
    entities={"": "dictionary"},  # an option is edited, and its log read, with its dictionary's grants
    gated=False,
    actions=_EDITED,
)
tag = visible("tag", SignedIn(), kind=Kind.TAG, gated=False, actions=CRUD)
