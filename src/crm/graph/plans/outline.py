"""What a selection asks for, as data: no GraphQL in it any more and no SQL yet.

Equal outlines render to equal SQL. An interface's types get one outline each; where these are equal, one serves for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from graphql import FieldNode, GraphQLObjectType
from graphql.execution.collect_fields import FieldDetails

from crm.access.select import Source
from crm.graph.nouns import Noun


@dataclass(frozen=True, slots=True)
class Nodes:
    """The field nodes behind one response key; equal where they are the same nodes of the document."""

    details: list[FieldDetails] = field(compare=False)
    ids: tuple[int, ...]

    @classmethod
    def of(cls, details: Sequence[FieldDetails]) -> Nodes:
        """From what graphql-core collected under a key."""
        return cls(list(details), tuple(id(each.node) for each in details))

    @property
    def first(self) -> FieldNode:
        """The one whose arguments count; validation has made sure that the others have the same."""
        return self.details[0].node

    @property
    def all(self) -> list[FieldNode]:
        """The nodes, as errors name them."""
        return [each.node for each in self.details]


@dataclass(frozen=True, slots=True)
class TypeName:
    """`__typename`; of a noun the type of the row, of everything else `name`."""

    name: str | None = None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A column, printed by `expression` (`{}` stands for the column)."""

    column: str
    expression: str


@dataclass(frozen=True, slots=True)
class One:
    """The row that a column of this one names."""

    column: str
    target: Level
    card: bool
    window: bool = False
    along: Sighted | None = None


@dataclass(frozen=True, slots=True)
class Sighted:
    """Whether the row that a column of this one names is there for the viewer."""

    column: str
    source: Source
    card: bool


@dataclass(frozen=True, slots=True)
class Lack:
    """True where it is not there."""

    of: Sighted


@dataclass(frozen=True, slots=True)
class Owned:
    """A short plain list of value rows."""

    column: str
    target: Level
    limit: int


@dataclass(frozen=True, slots=True)
class Linked:
    """A short plain list of rows that a table of links names."""

    link: Source
    near: str
    far: str
    target: Level
    card: bool


@dataclass(frozen=True, slots=True)
class Paged:
    """A connection: under this row by `column`, of the whole table, or of what lies behind its `window`.

    `site` is where its arguments are.
    """

    site: int
    noun: Noun
    column: str | None
    parts: tuple[tuple[str, PagePart], ...]
    nodes: Nodes
    window: bool = False

    @property
    def source(self) -> Source:
        """What its rows are read from."""
        return replace(self.noun.source, window=self.window)


@dataclass(frozen=True, slots=True)
class Island:
    """A field that Python resolves, from these columns of its row."""

    noun: Noun
    parent: GraphQLObjectType
    columns: tuple[str, ...]
    nodes: Nodes


@dataclass(frozen=True, slots=True)
class Hidden:
    """A field that this permission set may not read: null, and one FORBIDDEN for all of it."""

    key: str
    nodes: Nodes


@dataclass(frozen=True, slots=True)
class Rows:
    """`nodes` of a connection."""

    target: Level


@dataclass(frozen=True, slots=True)
class Edges:
    """`edges` of a connection: `cursor` where a part is None, else the row."""

    parts: tuple[tuple[str, Level | TypeName | None], ...]


@dataclass(frozen=True, slots=True)
class Info:
    """`pageInfo` of a connection: response key → field."""

    parts: tuple[tuple[str, str | TypeName], ...]


@dataclass(frozen=True, slots=True)
class Total:
    """`totalCount` of a connection."""


Part = TypeName | Leaf | One | Lack | Owned | Linked | Paged | Island | Hidden
PagePart = TypeName | Rows | Edges | Info | Total
Form = tuple[tuple[str, Part], ...]
"""What is shown of a row of one type: response key → part, in the order of the answer."""


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """What is shown of the rows of a noun: by type of row, or under None the same for all types.

    The outliner makes one for the same nodes and noun and hands it out again, so identity is equality.
    """

    noun: Noun
    forms: tuple[tuple[str | None, Form], ...]

    @property
    def columns(self) -> frozenset[str]:
        """The columns of a row that the level reads."""
        found = {column for _, form in self.forms for _, part in form for column in _columns(part)}
        if self.noun.variants and (len(self.forms) > 1 or any(isinstance(p, TypeName) for _, f in self.forms for _, p in f)):
            found.add(self.noun.rule.discriminator or "id")
        return frozenset(found)


def _columns(part: Part) -> Iterator[str]:
    match part:
        case One(column=column, along=Sighted(column=other)):
            yield from (column, other)
        case Leaf(column=column) | One(column=column) | Lack(of=Sighted(column=column)):
            yield column
        case Owned() | Linked() | Paged():
            yield "id"
        case Island(columns=columns):
            yield from columns
        case _:
            pass
