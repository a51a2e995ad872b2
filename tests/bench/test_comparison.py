"""The whole comparison at a tiny size: our server and the statements by hand, over one seeded database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from bench.equality import check, difference, normal, objects
from bench.load import WrongAnswer
from bench.rounds import Contender, alternate, noise, ratio
from bench.servers import handwritten, ours
from bench.servers.process import Process
from bench.servers.side import Side
from bench.variables import asked_by
from tests.cli.filled import Silent, value
from tests.servers import Databases, cloned

from crm.cli import seed_data
from crm.cli.seeding.company import ADMIN, MANAGER, NARROW
from crm.services.system.accounts import create_sessions
from crm.store.database import Database

CUSTOMERS, SETS = 300, 8
DOCUMENTS = ("q1", "q2", "q3")

pytestmark = pytest.mark.slow


class Bench:
    """Both servers over one database, with a token for each of the seeded people."""

    def __init__(self, database: Database, ours: Process, by_hand: Process, tokens: dict[str, str]) -> None:
        self.database, self._ours, self._by_hand, self._tokens = database, ours, by_hand, tokens

    def ours(self, username: str) -> Side:
        return ours.side(self._ours, self._tokens[username])

    def by_hand(self, username: str) -> Side:
        return handwritten.side(self._by_hand, self._tokens[username])

    def statements(self) -> int:
        return ours.statements(self._ours)

    async def postmaster(self) -> int:
        backend = await value(self.database, "SELECT pg_backend_pid()")
        return int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.fixture(scope="module")
async def bench(databases: Databases, tmp_path_factory) -> AsyncIterator[Bench]:
    async with cloned(databases) as database:
        await seed_data.fill(database, CUSTOMERS, 1, Silent())
        tokens = {name: (await create_sessions(database, name, 1))[0] for name in (ADMIN, MANAGER, NARROW)}
        with ExitStack() as stack:
            yield Bench(database, *started(stack, database.url, tmp_path_factory.mktemp("home")), tokens)


def started(stack: ExitStack, url: str, home: Path) -> Iterator[Process]:
    yield stack.enter_context(ours.serve(url, home))
    yield stack.enter_context(handwritten.serve(url, 4))


@pytest.mark.parametrize("username", [MANAGER, NARROW])
@pytest.mark.parametrize("document", DOCUMENTS)
async def test_statements_by_hand_say_what_our_server_says(bench, document, username):
    asked = await asked_by(bench.database.url, username, SETS)
    compared = await check(document, bench.ours(username), bench.by_hand(username), asked.sets[document])
    assert compared == len(asked.sets[document]) > 0


async def test_the_viewer_sees_some_through_people_below_and_some_through_shares(bench):
    asked = await asked_by(bench.database.url, MANAGER, SETS)
    everything = await value(bench.database, "SELECT count(*) FROM party WHERE type = 'CUSTOMER'")
    assert everything == CUSTOMERS
    assert 0 < asked.seen < everything
    assert asked.subordinates > 0
    assert asked.shares > 0


@pytest.mark.parametrize("document", ["q2", "q3"])
async def test_a_peer_without_the_rights_is_found_out(bench, document):
    asked = await asked_by(bench.database.url, MANAGER, SETS)
    with pytest.raises(WrongAnswer, match="differ at"):
        await check(document, bench.ours(MANAGER), bench.by_hand(ADMIN), asked.sets[document])


async def test_as_many_sets_are_compared_as_the_goals_ask_for(bench):
    asked = await asked_by(bench.database.url, MANAGER)
    assert len(asked.sets["q1"]) == 200
    assert len({each["before"] for each in asked.sets["q2"]}) > 40
    assert await check("q3", bench.by_hand(MANAGER), bench.by_hand(MANAGER), asked.sets["q3"]) == 40


async def test_a_peer_that_answers_errors_fails_the_run(bench):
    asked = await asked_by(bench.database.url, MANAGER, SETS)
    good = bench.by_hand(MANAGER)
    refused = handwritten.side(good.process, "no token of this database", "refused")
    contender = Contender.of(refused, await bench.postmaster(), "q1", asked.sets["q1"])
    with pytest.raises(WrongAnswer, match="500"):
        await alternate([contender], rounds=1, seconds=0.1, concurrency=2)
    assert contender.samples == []


async def test_a_comparison_tells_what_each_side_cost(bench):
    asked = await asked_by(bench.database.url, MANAGER, SETS)
    sides = [bench.ours(MANAGER), bench.by_hand(MANAGER)]
    contenders = [Contender.of(side, await bench.postmaster(), "q2", asked.sets["q2"]) for side in sides]
    await alternate(contenders, rounds=2, seconds=0.5, concurrency=4)
    for each in contenders:
        assert len(each.samples) == 2
        assert each.median("server") > 0
        assert each.median("database") > 0
        assert each.objects > 300
        assert each.details()["requests"] >= 8
    assert ratio(*contenders) > 0
    assert isinstance(noise(contenders), str)


async def test_our_statements_are_counted(bench):
    asked = await asked_by(bench.database.url, MANAGER, SETS)
    before = bench.statements()
    contender = Contender.of(bench.ours(MANAGER), 0, "q3", asked.sets["q3"])
    await contender.warm()
    assert bench.statements() - before >= len(asked.sets["q3"])


def test_instants_are_equal_however_they_are_written():
    assert normal({"at": ["2026-01-31T09:00:00.500000+08:00"]}) == normal({"at": ["2026-01-31T01:00:00.5Z"]})
    assert normal("1250.0000") != normal("1250.00")


def test_a_difference_says_where_it_is():
    assert difference({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}) == "at .a[1].b: 2 and 3"
    assert difference([1], [1, 2]).startswith("at the root")
    assert objects({"data": {"c": {"id": 1, "owner": {"id": 2}, "nodes": [{"id": 3}, {"name": "x"}]}}}) == 3
