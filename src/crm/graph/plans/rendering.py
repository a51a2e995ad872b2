"""From an outline to SQL: each level one sub-query under the row of the level above, the whole of it one statement.

Tables enter in one form only: as `Guarded` queries of `access.select`, rights inside. Here they are wrapped, never written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from crm.access.binds import Binds, Later
from crm.access.grants import Rights
from crm.access.select import Edge, Guarded, Source, row_of, rows_of
from crm.core.paging import MAX_OWNED, Page
from crm.graph.context import NotPlanned
from crm.graph.declarations import LINK_ORDER
from crm.graph.nouns import Noun
from crm.graph.plans import sites
from crm.graph.plans.columns import carried
from crm.graph.plans.outline import Form, Hidden, Island, Lack, Leaf, Level, Linked, Nodes, One, Owned, Paged, Sighted, TypeName

LONGEST_KEY = 63
"""PostgreSQL cuts longer names without a word, and two aliases become one key."""

MOST_BUILT = 50
"""A function takes 100 arguments, so an object with a longer key has at most half as many keys."""

WHOLE = '"."'
"""The name of a query whose rows become objects. Its columns are response keys, and one of its own name would be taken for it."""

MOST_RENDERED = 3000
"""Fields of a statement, those of each type behind an interface counted: types within types multiply."""

FORM_KEY = " "
"""Where the type of a row is told to Python; no response key has a space in it."""


@dataclass(slots=True)
class Into:
    """What Python does with an object of the answer, or with each of a list: response key → step; by type where they differ."""

    steps: dict[str | None, dict[str, Step]]
    many: bool = False


@dataclass(frozen=True, slots=True)
class Refuse:
    """Null, and an error at the first place where it is met."""

    key: str
    nodes: Nodes


Step = Into | Refuse | Island


@dataclass(slots=True)
class Shown:
    """A form as SQL: `expression AS "key"` for each key, and what Python has to do afterwards."""

    columns: list[tuple[str, str]] = field(default_factory=list)
    steps: dict[str, Step] = field(default_factory=dict)

    def listed(self) -> str:
        """As the select list of a sub-query whose rows become JSON objects."""
        return ", ".join(f'{expression} AS "{key}"' for key, expression in self.columns)

    @property
    def fits(self) -> bool:
        """Whether all keys can be names of columns."""
        return bool(self.columns) and all(len(key) <= LONGEST_KEY for key, _ in self.columns)

    def built(self) -> str:
        """As one JSON object, key by key: for keys that are too long to be names."""
        if len(self.columns) > MOST_BUILT:
            raise NotPlanned("an object with an alias of more than 63 bytes has too many fields")
        pairs = ", ".join(f"'{key}', {expression}" for key, expression in self.columns)
        return f"json_build_object({pairs})"


class Renderer:
    """Renders the levels of one statement. `forms` are what is asked at each site."""

    def __init__(self, rights: Rights, forms: Sequence[sites.Form], binds: Binds) -> None:
        self.rights = rights
        self.forms = forms
        self.binds = binds
        self._left = MOST_RENDERED

    def one(
        self, source: Source, edge: Edge, level: Level, *, card: bool = False, window: bool = False
    ) -> tuple[str, Into | None]:
        """One row as JSON, or NULL."""
        seen = replace(narrowed(source, level.columns), window=window)
        guarded = row_of(seen, edge, self.rights, self.binds, card=card)
        return self.objects(level, guarded, many=False)

    def objects(self, level: Level, guarded: Guarded, *, many: bool, order: str = "") -> tuple[str, Into | None]:
        """The rows of a query as JSON: one object, or an array; `order` is a column of the query to put them in order by."""
        row = self.binds.alias()
        shown, into = self.row(level, row)
        origin = f"FROM ({guarded}) {row}" + (f" ORDER BY {row}.{order}" if order else "")
        if into is not None:
            into.many = many
        if isinstance(shown, Shown) and shown.fits:
            value, inner = WHOLE, f"SELECT {shown.listed()} {origin}"
        else:
            value, inner = f"{WHOLE}.o", f"SELECT {as_object(shown) if isinstance(shown, Shown) else shown} AS o {origin}"
        if many:
            return f"(SELECT coalesce(array_to_json(array_agg({value})), '[]') FROM ({inner}) {WHOLE})", into
        return (f"(SELECT row_to_json({WHOLE}) FROM ({inner}) {WHOLE})" if value == WHOLE else f"({inner})"), into

    def row(self, level: Level, row: str) -> tuple[Shown | str, Into | None]:
        """The row under an alias: its columns where all types show the same, else one JSON object chosen by its type."""
        if len(level.forms) == 1:
            shown = self._form(level.noun, level.forms[0][1], row)
            return shown, Into({None: shown.steps}) if shown.steps else None
        cases, steps = [], {}
        shown_by = {value: self._form(level.noun.variants[value or ""], form, row) for value, form in level.forms}
        told = any(shown.steps for shown in shown_by.values())
        kind = f"{row}.{level.noun.rule.discriminator}"
        for value, shown in shown_by.items():
            if told:
                shown.columns.append((FORM_KEY, kind))
            steps[value] = shown.steps
            cases.append(f"WHEN '{value}' THEN {as_object(shown)}")
        return f"CASE {kind} {' '.join(cases)} END", Into(dict(steps)) if told else None

    def value(self, level: Level, row: str) -> tuple[str, Into | None]:
        """The row under an alias as one JSON value."""
        shown, into = self.row(level, row)
        return (as_object(shown) if isinstance(shown, Shown) else shown), into

    def _form(self, noun: Noun, form: Form, row: str) -> Shown:
        self._left -= len(form)
        if self._left < 0:
            raise NotPlanned("the statement would be too large")
        shown = Shown()
        for key, part in form:
            match part:
                case TypeName():
                    shown.columns.append((key, _type_name(noun, row)))
                case Leaf(column=column, expression=expression):
                    shown.columns.append((key, expression.format(f'{row}."{column}"')))
                case Lack(of=of):
                    shown.columns.append((key, f"NOT {self._there(of, row)}"))
                case Island(columns=columns):
                    shown.columns.append((key, _carried(noun, columns, row)))
                    shown.steps[key] = part
                case Hidden(key=hidden, nodes=nodes):
                    shown.columns.append((key, "NULL::json"))
                    shown.steps[key] = Refuse(hidden, nodes)
                case _:
                    self._relation(shown, key, part, row)
        return shown

    def _relation(self, shown: Shown, key: str, part: One | Owned | Linked | Paged, row: str) -> None:
        into: Step | None
        match part:
            case One(column=column, target=target, card=card, window=window, along=along):
                value, into = self.one(target.noun.source, Edge("id", f"{row}.{column}"), target, card=card, window=window)
                if along is not None:
                    value = f"CASE WHEN {self._there(along, row)} THEN {value} END"
            case Owned(column=column, target=target, limit=limit):
                value, into = self._owned(target, Edge(column, f"{row}.id"), limit)
            case Linked():
                value, into = self._linked(part, row)
            case Paged():
                from crm.graph.plans.pages import paged  # the two render each other's levels

                value, into = paged(self, part, Edge(part.column or "id", f"{row}.id"))
        shown.columns.append((key, value))
        if into is not None:
            shown.steps[key] = into

    def _there(self, sighted: Sighted, row: str) -> str:
        edge = Edge("id", f"{row}.{sighted.column}")
        return f"EXISTS ({row_of(sighted.source, edge, self.rights, self.binds, card=sighted.card)})"

    def _owned(self, target: Level, edge: Edge, limit: int) -> tuple[str, Into | None]:
        noun, page = target.noun, Page(size=limit, backwards=False, after=None, before=None)
        source = narrowed(noun.source, target.columns)
        return self.objects(target, rows_of(source, edge, None, noun.order, page, self.rights, self.binds, ahead=0), many=True)

    def _linked(self, part: Linked, row: str) -> tuple[str, Into | None]:
        page = Page(size=MAX_OWNED, backwards=False, after=None, before=None)
        edge = Edge(part.near, f"{row}.id")
        links = rows_of(part.link, edge, None, LINK_ORDER, page, self.rights, self.binds, ahead=0)
        link = self.binds.alias()
        source = narrowed(part.target.noun.source, part.target.columns)
        there = row_of(source, Edge("id", f"{link}.{part.far}"), self.rights, self.binds, card=part.card)
        # The links are read first, so that each of them looks its target up by its id.
        target = Guarded(f"SELECT {link}.id AS _link, y.* FROM ({links}) {link} CROSS JOIN LATERAL ({there}) y")
        return self.objects(part.target, target, many=True, order="_link")


def as_object(shown: Shown) -> str:
    """The columns of a row at hand as one JSON object."""
    if not shown.columns:
        return "'{}'::json"
    return f"(SELECT row_to_json({WHOLE}) FROM (SELECT {shown.listed()}) {WHOLE})" if shown.fits else shown.built()


def narrowed(source: Source, columns: frozenset[str], *others: str) -> Source:
    """The source with only those of its columns that are read; at least one."""
    wanted = columns.union(others) or {"id"}
    return replace(source, columns=tuple(sorted(wanted)))


def later(binds: Binds, site: int) -> str:
    """The placeholder of the one value of a site."""
    return binds.value(Later(site, 0))


def _type_name(noun: Noun, row: str) -> str:
    if not noun.variants:
        return f"'{noun.name}'::text"
    cases = " ".join(f"WHEN '{value}' THEN '{variant.name}'" for value, variant in noun.variants.items())
    return f"CASE {row}.{noun.rule.discriminator} {cases} END"


def _carried(noun: Noun, columns: Sequence[str], row: str) -> str:
    """The columns an island needs, as a JSON array."""
    parts = [carried(noun.rule.table, column)[0].format(f'{row}."{column}"') for column in columns]
    return f"json_build_array({', '.join(parts)})"
