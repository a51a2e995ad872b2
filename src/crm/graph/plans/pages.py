"""Connections as SQL: the page in an inner query, so that what hangs on a row is read for the rows of the page and no others."""

from __future__ import annotations

from dataclasses import dataclass, field

from crm.access.keyset import Term
from crm.access.select import Edge, rows_of, total_of
from crm.core.paging import Page
from crm.graph.connections import list_signature
from crm.graph.context import NotPlanned
from crm.graph.lists import Asked
from crm.graph.nouns import Noun
from crm.graph.plans import sites
from crm.graph.plans.outline import Edges, Info, Level, Paged, Rows, Total, TypeName
from crm.graph.plans.rendering import WHOLE, Into, Refuse, Renderer, Shown, Step, as_object, narrowed

PLACE, SEEN = "_place", "_seen"
"""A row's place in its page, and how many rows were read, the one ahead included."""


def paged(renderer: Renderer, part: Paged, edge: Edge | None) -> tuple[str, Step | None]:
    """A connection as a JSON object."""
    wanted = renderer.forms[part.site]
    if isinstance(wanted, sites.Refused):
        return "NULL::json", Refuse(wanted.key, part.nodes)
    assert isinstance(wanted, Asked)
    simple = not wanted.page.backwards and all(not isinstance(each, Edges | Info) for _, each in part.parts)
    simple = simple and sum(isinstance(each, Rows) for _, each in part.parts) <= 1
    shown = (_simple if simple else _general)(renderer, part, edge, wanted)
    value = shown if isinstance(shown, tuple) else (as_object(shown), shown.steps)
    return value[0], Into({None: value[1]}) if value[1] else None


def _simple(renderer: Renderer, part: Paged, edge: Edge | None, wanted: Asked) -> Shown:
    """Rows and totals: nothing is read ahead and nothing has to know its place."""
    shown = Shown()
    for key, each in part.parts:
        match each:
            case Rows(target=target):
                source = narrowed(part.source, target.columns)
                page = rows_of(
                    source, edge, wanted.condition, wanted.order, wanted.page, renderer.rights, renderer.binds, ahead=0
                )
                value, into = renderer.objects(target, page, many=True)
                shown.columns.append((key, value))
                if into is not None:
                    shown.steps[key] = into
            case _:
                shown.columns.append((key, _constant(renderer, part, edge, wanted, each)))
    return shown


def _constant(renderer: Renderer, part: Paged, edge: Edge | None, wanted: Asked, each: object) -> str:
    """What does not come from the page's rows."""
    match each:
        case TypeName(name=name):
            return f"'{name}'::text"
        case Total():
            total = total_of(part.source, edge, wanted.condition, renderer.rights, renderer.binds)
            return f"({total})"
        case _:
            raise NotPlanned("an unknown part of a connection")


@dataclass(slots=True)
class _Columns:
    """What each row of the page gives to the connection: expressions under names of our own."""

    listed: list[str] = field(default_factory=list)

    def add(self, expression: str) -> str:
        """The name under which it is found."""
        self.listed.append(f"{expression} AS c{len(self.listed)}")
        return f"q.c{len(self.listed) - 1}"


def _general(renderer: Renderer, part: Paged, edge: Edge | None, wanted: Asked) -> tuple[str, dict[str, Step]]:
    """Edges, cursors, page info, pages read backwards: the rows know their place in the page."""
    row, columns, shown = renderer.binds.alias(), _Columns(), Shown()
    needed: frozenset[str] = frozenset(term.column for term in wanted.order if term.field is None)
    for key, each in part.parts:
        match each:
            case Rows(target=target):
                value, into = renderer.value(target, row)
                needed |= target.columns
                _listed(shown, key, columns.add(value), into)
            case Edges(parts=parts):
                edges, into, more = _edge(renderer, part.noun, parts, wanted, row)
                needed |= more
                _listed(shown, key, columns.add(edges), into)
            case Info(parts=parts):
                shown.columns.append((key, _info(part.noun, parts, wanted, row, columns)))
            case _:
                shown.columns.append((key, _constant(renderer, part, edge, wanted, each)))
    source = narrowed(part.source, needed)
    page = rows_of(source, edge, wanted.condition, wanted.order, wanted.page, renderer.rights, renderer.binds, ahead=1)
    numbered = f"SELECT p.*, row_number() OVER () AS {PLACE}, count(*) OVER () AS {SEEN} FROM ({page}) p"
    turned = f" ORDER BY {row}.{PLACE} DESC" if wanted.page.backwards else ""
    listed = "".join(f"{each}, " for each in columns.listed)
    within = f"WHERE {row}.{PLACE} <= {wanted.page.size}{turned}"
    rows = f"SELECT {listed}{row}.{PLACE}, {row}.{SEEN} FROM ({numbered}) {row} {within}"
    # HAVING: one object for any number of rows, also where nothing that is shown is an aggregate of them.
    origin = f"FROM ({rows}) q HAVING TRUE"
    if not shown.fits:
        return f"(SELECT {shown.built()} {origin})", shown.steps
    return f"(SELECT row_to_json({WHOLE}) FROM (SELECT {shown.listed()} {origin}) {WHOLE})", shown.steps


def _listed(shown: Shown, key: str, column: str, into: Into | None) -> None:
    shown.columns.append((key, f"coalesce(array_to_json(array_agg({column})), '[]')"))
    if into is not None:
        into.many = True
        shown.steps[key] = into


def _edge(
    renderer: Renderer, noun: Noun, parts: tuple[tuple[str, Level | TypeName | None], ...], wanted: Asked, row: str
) -> tuple[str, Into | None, frozenset[str]]:
    shown, needed = Shown(), frozenset[str]()
    for key, each in parts:
        match each:
            case None:
                shown.columns.append((key, cursor(noun, wanted.order, row)))
            case TypeName(name=name):
                shown.columns.append((key, f"'{name}'::text"))
            case Level():
                value, into = renderer.value(each, row)
                needed |= each.columns
                shown.columns.append((key, value))
                if into is not None:
                    shown.steps[key] = into
    return as_object(shown), Into({None: shown.steps}) if shown.steps else None, needed


def _info(noun: Noun, parts: tuple[tuple[str, str | TypeName], ...], wanted: Asked, row: str, columns: _Columns) -> str:
    page, shown = wanted.page, Shown()
    more = f"coalesce(max(q.{SEEN}), 0) > {page.size}"
    ends: dict[str, str] = {}

    def end(name: str) -> str:
        if "cursor" not in ends:
            ends["cursor"] = columns.add(cursor(noun, wanted.order, row))
        first = (name == "startCursor") is not page.backwards
        place = "1" if first else f"least(q.{SEEN}, {page.size})"
        return f"max({ends['cursor']}) FILTER (WHERE q.{PLACE} = {place})"

    for key, each in parts:
        match each:
            case TypeName(name=name):
                value = f"'{name}'::text"
            case "hasNextPage":
                value = _given(page) if page.backwards else more
            case "hasPreviousPage":
                value = more if page.backwards else _given(page)
            case str():
                value = end(each)
        shown.columns.append((key, value))
    # Aggregates stay outside of a sub-query, where they would belong to that.
    inner = Shown([(key, f"y{place}") for place, (key, _) in enumerate(shown.columns)])
    if not inner.fits:
        return shown.built()
    names = ", ".join(f"y{place}" for place in range(len(shown.columns)))
    values = ", ".join(value for _, value in shown.columns)
    listed = f"SELECT {inner.listed()} FROM (VALUES ({values})) v({names})"
    return f"(SELECT row_to_json({WHOLE}) FROM ({listed}) {WHOLE})"


def _given(page: Page) -> str:
    """Whether the page begins at a cursor: then there are rows on the other side of it."""
    near = page.before if page.backwards else page.after
    return "TRUE" if near is not None else "FALSE"


def cursor(noun: Noun, order: tuple[Term, ...], row: str) -> str:
    """A row's cursor, to the byte as `core.paging.encode_cursor` makes it: base64 of a JSON array, without padding."""
    parts = [f"'\"{list_signature(noun.name, order)}\"'"]
    for term in order:
        column = f'{row}."{term.shown}"'
        text = f"to_json({column}::text)::text" if term.type.__name__ == "Decimal" else f"to_json({column})::text"
        parts.append(f"coalesce({text}, 'null')" if term.nullable else text)
    joined = " || ',' || ".join(parts)
    encoded = f"encode(convert_to('[' || {joined} || ']', 'UTF8'), 'base64')"
    return f"translate({encoded}, E'+/=\\n', '-_')"
