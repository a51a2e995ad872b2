"""What a search means in each kind, for somebody with these rights: which fields count, and by which way entries are found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial

from crm.access.binds import Binds
from crm.access.commonness import MANY, Commonness
from crm.access.grants import Action, Rights
from crm.access.id_sets import id_set
from crm.access.predicates import looks_in
from crm.access.search_reach import MOST_AMONG, Looked, Reach, Words, bound
from crm.access.searched import BEHIND_WINDOW, Searched, searched_kinds
from crm.core.search_queries import Query, Wish
from crm.core.search_tokens import Place
from crm.graph.nouns import Noun, hidden_fields, nouns

COMMON_PART = 0.08
"""Where more of a kind's entries have the tokens, and very many, their list is not read, which takes longer than going from the
newest entry backwards until enough have been met."""


def searched_entities() -> tuple[str, ...]:
    """Every entity that can be found, in the order of kinds."""
    return tuple(entity for each in searched_kinds() for entity in each.rule.entities.values())


@lru_cache(maxsize=256)
def noun_of_entity(entity: str) -> Noun:
    """The noun whose rows an entity is."""
    return next(entry for entry in nouns() if entry.entity == entity and entry.part_of is None)


@lru_cache(maxsize=4096)
def closed_places(searched: Searched, entity: str, rights: Rights) -> frozenset[Place]:
    """The places of an entity whose tokens do not count, because a field that stands there is hidden."""
    hidden = hidden_fields(noun_of_entity(entity), rights)
    return frozenset(each.place for each in searched.fields if each.field in hidden)


def wishes(query: Query, entities: Sequence[str], rights: Rights, commonness: Commonness) -> list[Looked]:
    """What is looked for in each kind that has some of the entities, and that the viewer may read at all."""
    found = []
    texts = cache(partial(_texts, query, commonness))
    for searched in searched_kinds():
        rule = searched.rule
        asked = [e for e in rule.entities.values() if e in entities and (not rule.gated or rights.allows(e, Action.READ))]
        if asked:
            made = _looked(searched, texts, asked, rights, commonness)
            found.append(replace(made, through=_through(query, searched, texts, asked, rights)))
    return found


@dataclass(frozen=True, slots=True)
class _Texts:
    """What a search is where some places are closed: as it was read, and in PostgreSQL's words."""

    wish: Wish
    anywhere: str
    first: str
    tiers: tuple[tuple[int, str], ...]
    words: tuple[Words, ...]


def _texts(query: Query, commonness: Commonness, closed: frozenset[Place]) -> _Texts:
    anywhere = query.anywhere(closed)
    tiers = tuple((score, str(wish)) for score, wish in query.tiers(closed))
    return _Texts(anywhere, str(anywhere), str(query.first), tiers, _words(query, closed, commonness))


def _looked(
    searched: Searched, texts: Callable[[frozenset[Place]], _Texts], asked: Sequence[str], rights: Rights, commonness: Commonness
) -> Looked:
    closed = {entity: closed_places(searched, entity, rights) for entity in asked}
    everywhere = frozenset.intersection(*closed.values())
    shared = texts(everywhere)
    alike = len(set(closed.values())) == 1
    return Looked(
        searched=searched,
        reach=_reach(searched, commonness.of(shared.wish, searched.kind), commonness, rights),
        anywhere=shared.anywhere,
        first=shared.first,
        tiers=shared.tiers,
        entities=tuple((e, None if closed[e] == everywhere else texts(closed[e]).anywhere) for e in asked),
        ownerless=frozenset(e for e in asked if "owner" in hidden_fields(noun_of_entity(e), rights)),
        words=shared.words if alike else (),
    )


def _through(
    query: Query, searched: Searched, texts: Callable[[frozenset[Place]], _Texts], asked: Sequence[str], rights: Rights
) -> str | None:
    """What records must match that the viewer sees through the window of their table and no other way.

    Who looks for a number does not find them: it may be the one that is masked, wherever else it stands.
    """
    window = searched.rule.window
    entity = None if window is None else searched.rule.entities[window.type]
    if entity not in asked or not looks_in(searched.rule, rights) or query.has_number:
        return None
    return texts(closed_places(searched, entity, rights) | BEHIND_WINDOW).anywhere


def _words(query: Query, closed: frozenset[Place], commonness: Commonness) -> tuple[Words, ...]:
    """Of several words each, the rarest first; of equally rare ones the longest."""
    if len(query.words) == 1:
        return ()
    words = sorted(query.words, key=lambda word: (commonness.of(word.named), -sum(len(run) for run, _ in word.runs)))
    return tuple(Words(str(word.anywhere(closed)), str(word.named)) for word in words)


def _reach(searched: Searched, rows: float, commonness: Commonness, rights: Rights) -> Reach:
    """By which way, where about so many entries of the kind have the tokens."""
    if _sees_few(searched, rights):
        return Reach.AMONG if rows <= MOST_AMONG else Reach.OWN
    common = rows > MANY and rows > COMMON_PART * commonness.entries.get(searched.kind, 0)
    return Reach.NEWEST if common else Reach.BEGINNINGS


def wider(looked: Sequence[Looked], counts: Mapping[str, int], rights: Rights) -> list[Looked] | None:
    """The same by another way, where more entries have the tokens than were looked at; None where it was the right way."""
    changed = [_wider(each, counts.get(each.searched.rule.table, 0), rights) for each in looked]
    return None if changed == list(looked) else changed


def _wider(looked: Looked, count: int, rights: Rights) -> Looked:
    among = looked.reach is Reach.AMONG and count > bound(looked, rights)
    return replace(looked, reach=Reach.OWN) if among else looked


def _sees_few(searched: Searched, rights: Rights) -> bool:
    return searched.rule.table in rights.narrow and id_set(searched.rule, rights, Binds()) is not None
