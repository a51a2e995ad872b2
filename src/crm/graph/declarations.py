"""What is declared of a field, once, on the Strawberry type: a column, a relation, or how it is computed."""

from __future__ import annotations

from dataclasses import dataclass

from crm.access.keyset import Term
from crm.access.select import Source
from crm.core.paging import MAX_OWNED


@dataclass(frozen=True, slots=True)
class Column:
    """A plain column: where it stands, its Python type, and what may be done with it.

    `requires` is a permission without which the field is hidden; `sort` is the column that an order by this field uses;
    `hidden_with` is the field that shows the same, so that hiding either hides both.
    """

    column: str
    type: type = str
    nullable: bool = False
    filterable: bool = True
    sort: str | None = None
    requires: str | None = None
    hidden_with: str | None = None


@dataclass(frozen=True, slots=True)
class ToOne:
    """A reference: this row's `column` is the id of one row of `target`.

    `card`: whoever reads this row may see the target's card (authors, owners, dictionary entries), though not search by rights.
    `window`: the target is also seen through the window of its table. `along`: another reference of this row, which must be
    visible as well; no filter asks for such a field, since it would answer for what is hidden.
    """

    target: str
    column: str
    card: bool = False
    requires: str | None = None
    window: bool = False
    along: str | None = None


@dataclass(frozen=True, slots=True)
class Lacking:
    """Whether the viewer sees nothing at the reference `of` of this row."""

    of: str
    requires: str | None = None


@dataclass(frozen=True, slots=True)
class ToMany:
    """A list: rows of `target` whose `column` is this row's id. `owned` lists are short and plain, without paging."""

    target: str
    column: str
    owned: bool = False
    requires: str | None = None
    limit: int = MAX_OWNED


@dataclass(frozen=True, slots=True)
class Through:
    """A short plain list by a table of links: rows of `target` that `far` names, of the links whose `near` is this row's id."""

    target: str
    link: Source
    near: str
    far: str
    card: bool = False
    requires: str | None = None


LINK_ORDER = (Term("id", descending=False, type=int),)
"""Links come in the order in which they were made."""

WHOLE_ROW = "*"


@dataclass(frozen=True, slots=True)
class Computed:
    """A field made in Python from the columns it names; it is hidden when one of those it `needs` is."""

    needs: tuple[str, ...] = ()
    requires: str | None = None
    reads: tuple[str, ...] = ()


Declared = Column | ToOne | Lacking | ToMany | Through | Computed


@dataclass(frozen=True, slots=True)
class Root:
    """A root field that reads records: the list of a noun (`many`), or one by its `id`, of any noun where `target` is None.

    `window`: the list of what lies behind the window of the noun's table. One record is always looked for there too.
    """

    target: str | None
    permission: str
    many: bool
    window: bool = False


DECLARED = "crm.declared"
"""The key under which a Strawberry field's metadata carries its declaration."""
