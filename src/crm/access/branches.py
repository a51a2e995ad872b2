"""The vocabulary of `visible`: by which ways a row can be within somebody's sight.

One declaration per table, as data. `predicates.py` renders it in two forms; `explain.py` asks each branch by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crm.access.grants import Action
from crm.core.kinds import Kind


@dataclass(frozen=True, slots=True)
class Owned:
    """By its owner, everybody above the owner in the reporting line, and the scope of a role.

    Without `line` being somebody's superior opens nothing of theirs by itself: mailboxes.
    """

    owner: str = "owner_id"
    department: str = "department_id"
    line: bool = True


@dataclass(frozen=True, slots=True)
class Shared:
    """By a share of this very record."""


@dataclass(frozen=True, slots=True)
class Via:
    """Wherever the row that `column` points at is visible: contacts with their party, phone numbers with their contact.

    `window`: also where that is seen through the window of its table and no other way (`Pooled`).
    `staff`: for our own people alone. What a partner sees of an opportunity does not show what was offered to another one.
    """

    column: str
    parent: str
    window: bool = False
    staff: bool = False


@dataclass(frozen=True, slots=True)
class ViaRecord:
    """Wherever the record is visible that `record_id` and `record_kind` name: shares, tags, the change log.

    `owned`: only records with an owner can be named; else those of every kind, and then READ of their entity must be granted
    even where the records themselves need no grant (everybody sees a colleague's card, not how it was edited). `window`: as of
    `Via`. `kinds`: only records of these. `beside`: also records of these, which have no owner.
    """

    owned: bool
    window: bool = False
    kinds: frozenset[Kind] | None = None
    beside: frozenset[Kind] = frozenset()

    def parents(self) -> tuple[Visible, ...]:
        """The rules of the tables that may be named."""
        named_ = (
            rule for rule in declared()
            if rule.kind and (rule.owned or rule.kind in self.beside or (not self.owned and rule.actions))
        )  # fmt: skip
        return tuple(rule for rule in named_ if self.kinds is None or rule.kind in self.kinds)


@dataclass(frozen=True, slots=True)
class Myself:
    """Rows whose `column` is the viewer."""

    column: str


@dataclass(frozen=True, slots=True)
class Partner:
    """For a partner's people: rows whose `column` is the channel they work for. Nobody else sees anything by it.

    With `table`, rows beside which that table names the channel: its `beside` points at the row, its `column` at the channel.
    """

    column: str
    table: str | None = None
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """By the people whom a table beside it names: those a call rang, who is invited, whom an announcement was published to.

    `column` of `table` points at the row, `user` at the person. `only`: as long as a column of the row has one of these values.
    """

    table: str
    column: str
    user: str
    only: tuple[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """By the people of whom `table` says that they were told of it: the row's `columns` and the viewer's id stand there.

    A row there may also say that they were not told (`withheld`).
    """

    table: str
    columns: tuple[str, ...]
    user: str


@dataclass(frozen=True, slots=True)
class ViaEditable:
    """Wherever the viewer may change the row that `column` points at: who has read an announcement, for its authors."""

    column: str
    parent: str


@dataclass(frozen=True, slots=True)
class Granted:
    """All rows, by a role that grants READ of the entity on all of them."""


@dataclass(frozen=True, slots=True)
class Staff:
    """All rows, for every member of staff."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """All rows, for everybody who has signed in."""


Branch = Owned | Shared | Via | ViaRecord | Myself | Partner | Named | Told | ViaEditable | Granted | Staff | SignedIn


@dataclass(frozen=True, slots=True)
class Pooled:
    """The window of a table: rows of one type that belong to nobody, for whoever is granted READ of `entity` on all of them.

    No branch, because it opens the row and nothing behind it. A row is looked at through the window where it is asked for by
    itself or in the pool's own list; no reference, no filter over relations and nothing that hangs on the row is opened by it,
    but for what says so (`window` of `Via`).
    """

    entity: str
    type: str
    owner: str = "owner_id"


CRUD = frozenset({Action.CREATE, Action.READ, Action.UPDATE, Action.DELETE})
OWNED_ACTIONS = CRUD | {Action.SHARE, Action.TRANSFER, Action.EXPORT, Action.IMPORT, Action.ADMINISTER}


@dataclass(frozen=True, slots=True, eq=False)
class Visible:
    """The rule of one table.

    `entities` are the names that roles grant; where one table holds several (`party`), `discriminator` is the column whose value
    selects among them. `gated` says whether READ itself needs a grant. `actions` are those a role may grant. A table that is
    part of another (value rows) has no entities of its own: its parent's rights are its rights. `shows` is the column that names
    the custom field whose value a row holds: it is seen by nobody whose roles hide that field. `listed` if there is
    a list of all its rows nevertheless, so that it matters who sees only a sliver of them. `merging`: rows can be
    merged, and `merged_into_id` names the one that stands for a row since. `masks` are the columns of which
    whoever sees the parent through its window alone gets something else: SQL, in which `{row}` is the row.
    `internal` is a column that keeps a row for our own people: no partner sees it, by whatever way.
    """

    name: str
    table: str
    branches: tuple[Branch, ...]
    kind: Kind | None = None
    entities: Mapping[str, str] = field(default_factory=dict)
    discriminator: str | None = None
    gated: bool = True
    actions: frozenset[Action] = frozenset()
    recycled: bool = True
    shows: str | None = None
    listed: bool = False
    merging: bool = False
    window: Pooled | None = None
    masks: Mapping[str, str] = field(default_factory=dict)
    internal: str | None = None

    @property
    def owned(self) -> bool:
        """Whether its rows have an owner, so that scopes mean something."""
        return any(isinstance(branch, Owned) for branch in self.branches)

    @property
    def scoped(self) -> bool:
        """Whether a scope opens rows by itself; not those that are seen only through something else, as letters are."""
        return any(isinstance(branch, Owned | Granted | Staff | SignedIn) for branch in self.branches)


_DECLARED: dict[str, Visible] = {}


def visible(
    name: str,
    *branches: Branch,
    table: str | None = None,
    kind: Kind | None = None,
    entities: Mapping[str, str] | None = None,
    discriminator: str | None = None,
    gated: bool = True,
    actions: frozenset[Action] = frozenset(),
    recycled: bool = True,
    shows: str | None = None,
    listed: bool = False,
    merging: bool = False,
    window: Pooled | None = None,
    masks: Mapping[str, str] | None = None,
    internal: str | None = None,
) -> Visible:
    """Declare the rule of one table and enter it in the table of all rules."""
    own = {"": name} if actions else {}
    declared = Visible(
        name,
        table or name,
        branches,
        kind,
        entities or own,
        discriminator,
        gated,
        actions,
        recycled,
        shows,
        listed,
        merging,
        window,
        masks or {},
        internal,
    )
    if name in _DECLARED:
        raise TypeError(f"`{name}` has its `visible` already.")
    _DECLARED[name] = declared
    return declared


def named(name: str) -> Visible:
    """The rule declared under a name."""
    return _DECLARED[name]


def declared() -> tuple[Visible, ...]:
    """All rules, in the order of their declaration."""
    return tuple(_DECLARED.values())


def grantable() -> dict[str, frozenset[Action]]:
    """Entity → the actions a role may grant on it: the whole permission catalogue."""
    return {entity: rule.actions for rule in declared() for entity in rule.entities.values()}


def rule_of_entity(entity: str) -> Visible:
    """The rule of the table that an entity's rows stand in."""
    return next(rule for rule in declared() if entity in rule.entities.values())


def rule_of_kind(kind: Kind) -> Visible | None:
    """The rule of the table whose ids carry this kind."""
    return next((rule for rule in declared() if rule.kind is kind), None)
