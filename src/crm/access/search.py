"""The search centre as SQL, second part: the records of the entries that were found, under rights, ranked and counted.

One statement, whose text follows from the form of a search and from the rights, and is kept. What was looked at is told beside
the hits, so that a count says whether it is all there is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from crm.access.binds import Binds, Later, Look, Prepared
from crm.access.grants import Rights
from crm.access.keyset import Term, beyond, order_by, order_value
from crm.access.predicates import FALSE, TRUE, all_of, any_of, pooled, present, readable
from crm.access.search_reach import Looked, Places, Reach, entries, foremost, looked_at, lying
from crm.access.searched import BEHIND_WINDOW, Searched
from crm.access.select import guarded
from crm.access.viewer import Viewer
from crm.core.paging import Page
from crm.core.search_queries import EXACT, LEAST, WITH_ITS_PARTY
from crm.core.search_tokens import Place

ORDER = (
    Term("score", descending=True, type=int),
    Term("at", descending=True, type=datetime),
    Term("id", descending=True, type=UUID),
)
"""The best hits first, of equal ones those that were changed last."""

MOST_OWNERS = 20
TEXT, OWNERS, STATES, SINCE, AFTER = range(5)
"""Places of what is asked of all kinds alike, at site 0; the page's cursor takes as many as the order has terms."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What hits must be besides."""

    owners: tuple[UUID, ...] | None = None
    states: tuple[str, ...] | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for in each kind, and which page of it is wanted. `text` is what a name must be to be found as a whole."""

    looked: tuple[Looked, ...]
    text: str
    narrowing: Narrowing
    page: Page

    def prepared(self, viewer: Viewer) -> tuple[str, list[object]]:
        """The statement for this viewer and its values: one row with the page, one hit more, the counts, what was looked at."""
        narrowing, after = self.narrowing, self.page.after
        form = _Form(
            tuple(each.form for each in self.looked),
            (narrowing.owners is not None, narrowing.states is not None, narrowing.since is not None),
            self.page.size,
            after is not None,
        )
        made = _made(form, viewer.rights, _Hidden(self.looked))
        cursor = [] if after is None else [order_value(term, value) for term, value in zip(ORDER, after, strict=True)]
        shared = [self.text, list(narrowing.owners or ()), list(narrowing.states or ()), narrowing.since, *cursor]
        return made.text, made.values(viewer, [shared, *(each.values for each in self.looked)])


@dataclass(frozen=True, slots=True)
class _Form:
    """All that decides the text of the statement, besides the rights."""

    looked: tuple[tuple[object, ...], ...]
    narrowed: tuple[bool, bool, bool]
    size: int
    paged: bool


class _Hidden(tuple[Looked, ...]):
    """What is looked for, as an argument that a cache takes no notice of: its form is told besides."""

    __slots__ = ()

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Hidden)


@lru_cache(maxsize=512)
def _made(form: _Form, rights: Rights, looked: _Hidden) -> Prepared:
    binds = Binds()
    return binds.prepared(guarded(_statement(form, looked, rights, binds), binds))


def _statement(form: _Form, looked: Sequence[Looked], rights: Rights, binds: Binds) -> str:
    parts: list[str] = []
    found: list[Looked] = []
    for site, each in enumerate(looked, 1):
        places = Places(each, site, binds)
        if (hits := _hits(each, places, form, rights, binds)) is not None:
            name = _name(each.searched)
            if each.reach is Reach.OWN and each.through is not None:
                parts.append(f"w_{name} AS MATERIALIZED ({lying(each.searched, rights)})")
            if (first := foremost(each, places, rights)) is not None:
                parts.append(f"a_{name} AS MATERIALIZED ({first})")
            parts += [f"e_{name} AS ({entries(each, places, rights, binds)})", f"h_{name} AS ({hits})"]
            found.append(each)
    if not found:
        return "SELECT '[]'::json AS page, '{}'::json AS counts, 0 AS total, '{}'::json AS looked"
    cursor = [Later(0, AFTER + place) for place in range(len(ORDER))]
    after = beyond(ORDER, cursor, "f", binds, backwards=False) if form.paged else TRUE
    ordered = order_by(ORDER, "f", backwards=False)
    parts.append(f"f AS ({' UNION ALL '.join(f'SELECT * FROM h_{_name(each.searched)}' for each in found)})")
    parts.append(f"p AS (SELECT * FROM f WHERE {after} ORDER BY {ordered} LIMIT {form.size + 1})")
    counted = ", ".join(f"'{_name(each.searched)}', ({looked_at(each)})" for each in found)
    return (
        f"WITH {', '.join(parts)} SELECT ({_shown(found)}) AS page, ({_COUNTS}) AS counts, (SELECT count(*) FROM f) AS total,"
        f" json_build_object({counted}) AS looked"
    )


_COUNTS = f"""
SELECT json_build_object(
    'entities', (SELECT json_agg(json_build_array(entity, n)) FROM (SELECT entity, count(*) AS n FROM f GROUP BY 1) c),
    'states', (SELECT json_agg(json_build_array(entity, state, n)) FROM (
        SELECT entity, state, count(*) AS n FROM f WHERE state IS NOT NULL GROUP BY 1, 2) c),
    'owners', (SELECT json_agg(json_build_array(owner_id, n)) FROM (
        SELECT owner_id, count(*) AS n FROM f WHERE owner_id IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_OWNERS}) c))
"""


def _name(searched: Searched) -> str:
    return searched.rule.table


def _shown(found: Sequence[Looked]) -> str:
    """The page with the texts that its hits are found by, read from rows that were seen a moment ago."""
    texts = " ".join(f"WHEN '{_name(each.searched)}' THEN {_texts(each)}" for each in found)
    return (
        "SELECT coalesce(json_agg(json_build_object('id', p.id, 'entity', p.entity, 'score', p.score, 'at', p.at,"
        f" 'title', p.title, 'texts', CASE p.kind {texts} END) ORDER BY {order_by(ORDER, 'p', backwards=False)}), '[]') FROM p"
    )


def _texts(looked: Looked) -> str:
    """Where a record is seen through a window alone, only what counts there: a masked number does not leave the database."""
    every, behind = _read(looked.searched, frozenset()), _read(looked.searched, BEHIND_WINDOW)
    return every if looked.through is None else f"CASE WHEN p.masked THEN {behind} ELSE {every} END"


def _read(searched: Searched, closed: frozenset[Place]) -> str:
    texts = ", ".join(f"'{each.field}', {each.texts('r')}" for each in searched.fields if each.place not in closed)
    return f"(SELECT json_build_object({texts}) FROM {_name(searched)} r WHERE r.id = p.id)"


def _hits(looked: Looked, places: Places, form: _Form, rights: Rights, binds: Binds) -> str | None:
    """The visible records among the entries, with what each is worth; None where the viewer sees none of this kind."""
    searched = looked.searched
    seen, masked, beside = _sight(looked, places, rights, binds)
    tests = [seen, _of_entities(looked, places), *_narrowed(searched, form, binds)]
    if FALSE in tests:
        return None
    hidden, entity = _listed(looked.ownerless), _entity(searched)
    own = "r.owner_id" if searched.rule.owned else "NULL::uuid"
    owner = own if not hidden else f"CASE WHEN {entity} IN ({hidden}) THEN NULL ELSE {own} END"
    state = f"r.{searched.state}::text" if searched.state else "NULL::text"
    title = f"r.{searched.title}::text"
    exact = f"lower({title}) = {binds.value(Later(0, TEXT))}::text"
    return (
        f"SELECT r.id, '{_name(searched)}' AS kind, {entity} AS entity, {state} AS state, {owner} AS owner_id,"
        f" r.updated_at AS at, {title} AS title, {_score(looked, places, exact)} AS score, {masked} AS masked"
        f" FROM e_{_name(searched)} e JOIN {_name(searched)} r ON r.id = e.record_id {beside} WHERE {all_of(tests)}"
    )


def _sight(looked: Looked, places: Places, rights: Rights, binds: Binds) -> tuple[str, str, str]:
    """(that the viewer sees the record `r`, that they see it through a window alone, what is joined to tell that).

    Of what lies behind a window only names and codes count: whoever could look for the rest would find a masked number digit by
    digit.
    """
    rule = looked.searched.rule
    with binds.looking(Look.PAGE):
        otherwise = readable(rule, "r", rights, binds)
    if looked.through is None:
        return otherwise, FALSE, ""
    lies = all_of([present(rule, "r"), pooled(rule, "r"), f"e.tokens @@ {places.through}"])
    # OFFSET, so that it is asked once for a row. Of a row that nobody owns it may be unknown: that is not seen.
    return any_of(["o.seen", lies]), "o.seen IS NOT TRUE", f"CROSS JOIN LATERAL (SELECT {otherwise} AS seen OFFSET 0) o"


def _score(looked: Looked, places: Places, exact: str) -> str:
    tiers = " ".join(f"WHEN e.tokens @@ {places.tier(number)} THEN {score}" for number, (score, _) in enumerate(looked.tiers))
    return f"CASE WHEN {exact} THEN {EXACT} WHEN e.with_party THEN {WITH_ITS_PARTY} {tiers} ELSE {LEAST} END"


def _entity(searched: Searched) -> str:
    """The name that roles grant for the row `r`."""
    rule = searched.rule
    if rule.discriminator is None:
        return f"'{rule.name}'"
    cases = " ".join(f"WHEN '{value}' THEN '{entity}'" for value, entity in rule.entities.items())
    return f"CASE r.{rule.discriminator} {cases} END"


def _of_entities(looked: Looked, places: Places) -> str:
    """The record is of an entity that is asked for, and the tokens were not only those of fields that are hidden."""
    rule = looked.searched.rule
    values: Mapping[str, str] = {entity: value for value, entity in rule.entities.items()}
    parts: dict[str, list[str]] = {}
    narrowed = 0
    for entity, wish in looked.entities:
        test = TRUE
        if wish is not None:
            test = any_of(["e.with_party", f"e.tokens @@ {places.narrowed(narrowed)}"])
            narrowed += 1
        parts.setdefault(test, []).append(values.get(entity, ""))
    if rule.discriminator is None:
        return next(iter(parts))
    if list(parts) == [TRUE] and len(parts[TRUE]) == len(values):
        return TRUE
    return any_of([all_of([f"r.{rule.discriminator} IN ({_listed(of)})", test]) for test, of in parts.items()])


def _listed(values: Sequence[str] | frozenset[str]) -> str:
    """Names of our own, as a list of SQL."""
    return ", ".join(f"'{value}'" for value in sorted(values))


def _narrowed(searched: Searched, form: _Form, binds: Binds) -> list[str]:
    tests = []
    owners, states, since = form.narrowed
    if owners:
        asked = binds.value(Later(0, OWNERS))
        tests.append(f"{'r.owner_id' if searched.rule.owned else 'NULL::uuid'} = ANY({asked}::uuid[])")
    if states:
        state = f"r.{searched.state} = ANY({binds.value(Later(0, STATES))}::text[])"
        tests.append(state if searched.state else FALSE)
    if since:
        tests.append(f"r.updated_at >= {binds.value(Later(0, SINCE))}::timestamptz")
    return tests
