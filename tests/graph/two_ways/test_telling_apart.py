"""The comparison itself: it must see what clients see, and a failure must be shown small."""

from __future__ import annotations

from collections import Counter

import httpx
import orjson
import pytest
from tests.factories.choices import Choices, smallest
from tests.factories.company import build
from tests.factories.documents import LONG, asked
from tests.factories.documents_values import Values
from tests.factories.two_ways import Different, compare

BODY = {"query": "{ customers { nodes { name } } }"}


def answer(text: str, status: int = 200) -> httpx.Response:
    return httpx.Response(status, content=text.encode())


@pytest.mark.parametrize(
    ("one", "two", "told"),
    [
        ('{"data":{"a":1,"b":2}}', '{"data":{"b":2,"a":1}}', "fields in another order"),
        ('{"data":{"a":[1,2]}}', '{"data":{"a":[2,1]}}', ".data.a[0]: 1 | 2"),
        ('{"data":{"a":1}}', '{"data":{"a":1.0}}', ".data.a: 1 | 1.0"),
        ('{"data":{"a":true}}', '{"data":{"a":1}}', ".data.a: True | 1"),
        ('{"data":{"a":null}}', '{"data":{}}', ".data: {'a': None} | {}"),
        ('{"data":{"a":"2.50"}}', '{"data":{"a":"2.5"}}', ".data.a: 2.50 | 2.5"),
        ('{"data":null,"errors":[{"path":["a"]}]}', '{"data":null,"errors":[{"path":["b"]}]}', ".errors[0].path[0]"),
    ],
)
def test_every_difference_is_told_with_its_place(one: str, two: str, told: str):
    with pytest.raises(Different) as raised:
        compare("agent", BODY, answer(one), answer(two))
    assert told in str(raised.value)
    assert BODY["query"] in str(raised.value)


def test_the_status_counts_and_what_an_application_tells_of_itself_does_not():
    with pytest.raises(Different):
        compare("agent", BODY, answer('{"data":{}}'), answer('{"data":{}}', 400))
    compare("agent", BODY, answer('{"data":{},"extensions":{"ms":1}}'), answer('{"data":{}}'))


async def test_a_failing_document_is_cut_down_to_what_it_fails_by():
    values = Values(build())

    def text(made: list[int]) -> str:
        return orjson.dumps(asked(Choices(made), values, Counter()).body()).decode()

    async def fails(made: list[int]) -> bool:
        return LONG in text(made)

    tried = [Choices(f"s{number}") for number in range(50)]
    (first, *_) = (each.made for each in tried if LONG in asked(each, values, Counter()).query)
    made = await smallest(first, fails, 3000)
    assert LONG in text(made)
    assert len(text(made)) < 250 < len(text(first))


def test_the_same_seed_writes_the_same_document():
    values = Values(build())
    one, two, three = (asked(Choices(seed), values, Counter()) for seed in ("1", "1", "2"))
    assert one == two != three
