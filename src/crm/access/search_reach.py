"""The search centre as SQL, first part: which entries of a kind have the tokens.

Work is bounded. Of a kind, so many entries are looked at, the best ones first; which way finds them is a question of speed, and
decided beforehand by how common the tokens are (`Reach`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from crm.access.binds import Binds, Later, Look
from crm.access.branches import named
from crm.access.grants import Rights
from crm.access.id_sets import few_hold, id_set
from crm.access.predicates import FALSE, any_of, pooled, readable
from crm.access.searched import Searched
from crm.core.kinds import Kind

MOST = 500
MOST_OF_OTHERS = 2_000
"""How many entries of a kind are looked at for who sees all of it, and for who may see few of those."""
MOST_AMONG = 8_000
"""How many entries of a kind are held against the records of who sees few of it, before it is those that are gone through."""
MOST_PARTIES = 200
"""How many parties are looked at whose name one of several words may be."""


class Reach(Enum):
    """By which way entries are found.

    BEGINNINGS: by their tokens, those first whose name begins with them. NEWEST: those, and of the others the newest ones. For
    who sees few records of a kind, AMONG: by their tokens, those of the few; OWN: by the few, whose tokens are read.
    """

    BEGINNINGS = 1
    NEWEST = 2
    AMONG = 3
    OWN = 4


@dataclass(frozen=True, slots=True)
class Words:
    """Of several words each: what it looks for in a record, and in the name of its party. The rarest comes first."""

    anywhere: str
    named: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What is looked for in one kind, as texts of `tsquery`.

    `anywhere` and `first` find entries. `tiers` say what a hit is worth. `entities` are those of the table that are asked for,
    each with what it must match where fields of it are hidden (else None). `ownerless` are those whose owners are hidden.
    `through` is what records must match that are seen through the window of their table alone; None where none is looked for.
    """

    searched: Searched
    reach: Reach
    anywhere: str
    first: str
    tiers: tuple[tuple[int, str], ...]
    entities: tuple[tuple[str, str | None], ...]
    ownerless: frozenset[str]
    words: tuple[Words, ...] = ()
    through: str | None = None

    @property
    def form(self) -> tuple[object, ...]:
        """All that decides the text of a statement, which is kept for the next search of the same form."""
        entities = tuple((entity, wish is None) for entity, wish in self.entities)
        tiers, through = tuple(score for score, _ in self.tiers), self.through is not None
        return self.searched.kind, self.reach, tiers, entities, self.ownerless, len(self.words), through

    @property
    def values(self) -> list[str]:
        """What the statement is given, in the order of `Places`."""
        narrowed = [wish for _, wish in self.entities if wish is not None]
        beside = [text for word in self.words for text in (word.anywhere, word.named)]
        through = [] if self.through is None else [self.through]
        return [self.anywhere, self.first, *(wish for _, wish in self.tiers), *narrowed, *beside, *through]


class Places:
    """The places of a kind's values in a statement: `site` is its number among the kinds that are looked into."""

    def __init__(self, looked: Looked, site: int, binds: Binds) -> None:
        self._binds, self._site = binds, site
        self._narrowed = 2 + len(looked.tiers)
        self._words = self._narrowed + sum(wish is not None for _, wish in looked.entities)
        self._through = self._words + 2 * len(looked.words)

    def _at(self, place: int) -> str:
        return f"{self._binds.value(Later(self._site, place))}::tsquery"

    @property
    def anywhere(self) -> str:
        """What every entry must have."""
        return self._at(0)

    @property
    def first(self) -> str:
        """What the best of them begin with."""
        return self._at(1)

    def tier(self, number: int) -> str:
        """What a hit of a tier has."""
        return self._at(2 + number)

    def narrowed(self, number: int) -> str:
        """What a record must have where fields of its entity are hidden."""
        return self._at(self._narrowed + number)

    def word(self, number: int, *, party: bool) -> str:
        """One of several words, in a record or in the name of its party."""
        return self._at(self._words + 2 * number + party)

    @property
    def through(self) -> str:
        """What a record must have that is seen through the window of its table alone."""
        return self._at(self._through)


@lru_cache(maxsize=1024)
def most_of(searched: Searched, rights: Rights) -> int:
    """How many entries of a kind are looked at for these rights."""
    return MOST if readable(searched.rule, "r", rights, Binds()) == "r.deleted_at IS NULL" else MOST_OF_OTHERS


def bound(looked: Looked, rights: Rights) -> int:
    """Where more than so many were there to be looked at, not all were."""
    return MOST_AMONG if looked.reach is Reach.AMONG else most_of(looked.searched, rights)


def foremost(looked: Looked, places: Places, rights: Rights) -> str | None:
    """The entries of a kind that are looked at before any others; None where there are no such.

    Those whose name begins so: where there are enough of them, nothing else is looked for. And where they are then held against
    the few that somebody sees, all that have the tokens.
    """
    columns = f"SELECT s.record_id, s.party_id, s.tokens FROM search_entry s WHERE {_of_kind(looked.searched)}"
    match looked.reach:
        case Reach.OWN:
            return None
        case Reach.AMONG:
            return f"{columns} AND s.tokens @@ {places.anywhere} LIMIT {MOST_AMONG + 1}"
        case Reach.BEGINNINGS | Reach.NEWEST:
            most = most_of(looked.searched, rights)
            return f"{columns} AND s.tokens @@ {places.first} AND s.tokens @@ {places.anywhere} LIMIT {most + 1}"


def entries(looked: Looked, places: Places, rights: Rights, binds: Binds) -> str:
    """The entries of a kind that have the tokens; `with_party` are those that need their party's name."""
    rule = looked.searched.rule
    columns = f"SELECT s.record_id, s.tokens, FALSE AS with_party FROM search_entry s WHERE {_of_kind(looked.searched)}"
    before = f"SELECT a.record_id, a.tokens, FALSE AS with_party FROM a_{rule.table} a"
    wish = places.anywhere
    others = f"{columns} AND (s.tokens @@ {places.first}) IS NOT TRUE"
    missing = f"LIMIT {most_of(looked.searched, rights) + 1} - (SELECT count(*) FROM a_{rule.table})"
    # Where the tokens are tested row by row (`IS TRUE`), it is because the index of them would take longer.
    match looked.reach:
        case Reach.OWN:
            ids = id_set(rule, rights, binds)
            arms = [f"{columns} AND s.record_id IN ({ids}) AND (s.tokens @@ {wish}) IS TRUE"]
            if looked.through is not None:
                lying = f"s.record_id IN (SELECT id FROM w_{rule.table}) AND s.record_id NOT IN ({ids})"
                arms.append(f"{columns} AND {lying} AND (s.tokens @@ {places.through}) IS TRUE")
        case Reach.AMONG:
            theirs = few_hold(rule, "a.record_id", {"party_id": "a.party_id"}, rights, binds)
            theirs += [] if looked.through is None else [f"a.tokens @@ {places.through}"]
            arms = [f"{before} WHERE {any_of(theirs)}"]
        case Reach.BEGINNINGS:
            arms = [before, f"{others} AND s.tokens @@ {wish} {missing}"]
        case Reach.NEWEST:
            arms = [before, f"{others} AND (s.tokens @@ {wish}) IS TRUE ORDER BY s.record_id DESC {missing}"]
    if looked.words and looked.searched.party:
        arms += _with_parties(looked, places, rights, binds)
    return " UNION ALL ".join(f"({arm})" for arm in arms)


def lying(searched: Searched, rights: Rights) -> str:
    """What lies behind the window of a table, as far as it is looked at where tokens are common: what was changed last."""
    rule = searched.rule
    lies = f"w.deleted_at IS NULL AND {pooled(rule, 'w')}"
    latest = f"ORDER BY w.updated_at DESC, w.id DESC LIMIT {most_of(searched, rights) + 1}"
    return f"SELECT w.id FROM {rule.table} w WHERE {lies} {latest}"


def looked_at(looked: Looked) -> str:
    """How many were looked at of those of which there may be more. What somebody sees otherwise is few, and all of it is."""
    name = looked.searched.rule.table
    if looked.reach is not Reach.OWN:
        return f"SELECT count(*) FROM {'a' if looked.reach is Reach.AMONG else 'e'}_{name}"
    return "SELECT 0" if looked.through is None else f"SELECT count(*) FROM w_{name}"


def _of_kind(searched: Searched) -> str:
    return searched.entries.replace("record_kind", "s.record_kind")


def _with_parties(looked: Looked, places: Places, rights: Rights, binds: Binds) -> list[str]:
    """Records that have some of the words while the name of their party, which the viewer sees, has the others.

    The rarest word stands in one of the two: it is looked for in both, and each row that has it is asked for the rest.
    """
    with binds.looking(Look.ROW):
        seen = readable(named("party"), "v", rights, binds)
    if seen == FALSE:
        return []
    rest = range(1, len(looked.words))
    own = [f"s.tokens @@ {places.word(number, party=False)}" for number in rest]
    theirs = [f"p.tokens @@ {places.word(number, party=True)}" for number in rest]
    either = " AND ".join(f"({mine} OR {other})" for mine, other in zip(own, theirs, strict=True))
    here, there = places.word(0, party=False), places.word(0, party=True)
    mine = f"SELECT s.* FROM search_entry s WHERE {_of_kind(looked.searched)} AND s.tokens @@ {here} LIMIT {MOST}"
    parties = f"SELECT p.* FROM search_entry p WHERE p.record_kind = {int(Kind.PARTY)} AND p.tokens @@ {there}"
    up = f"({mine}) s JOIN search_entry p ON p.record_id = s.party_id"
    down = f"({parties} LIMIT {MOST_PARTIES}) p JOIN search_entry s ON s.party_id = p.record_id"
    beside = f"JOIN party v ON v.id = p.record_id WHERE {seen} AND {either}"
    columns = "SELECT s.record_id, s.tokens, TRUE AS with_party FROM"
    without_rare = f"s.record_kind = {int(looked.searched.kind)} AND (s.tokens @@ {here}) IS NOT TRUE AND {any_of(own)}"
    return [
        f"{columns} {up} {beside} AND (s.tokens @@ {places.anywhere}) IS NOT TRUE",
        f"{columns} {down} {beside} AND {without_rare} LIMIT {MOST}",
    ]
