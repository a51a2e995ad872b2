"""The load: it counts good answers, and a bad one ends the run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import chain, repeat

import pytest
from bench.load import WrongAnswer, answers, ask, press

GOOD = b'{"data":{"customer":{"id":"1"}}}'
BAD = (
    b'{"data":{"customer":{"id":"1"}},"errors":[{"message":"no"}]}',
    b'{"errors":[{"message":"no"}]}',
    b'{"data":{"customer":null}}',
    b'{"data":null}',
    b"[]",
    b"<html>",
)


@asynccontextmanager
async def answering(bodies: Iterator[bytes], status: bytes = b"200 OK") -> AsyncIterator[str]:
    """A server that gives these answers, one after the other."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            size = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
            await reader.readexactly(size)
            body = next(bodies)
            writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body)

    async def quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(quietly, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def asks(address: str):
    return [ask(address, "/graphql", {"query": "{ x }"}, "token", f"request {number}") for number in range(3)]


async def test_good_answers_are_counted_and_timed():
    async with answering(repeat(GOOD)) as address:
        load = await press(address, asks(address), [len(GOOD)] * 3, seconds=0.2, concurrency=4)
        assert len(load.seconds) > 4
        assert load.size == len(load.seconds) * len(GOOD)
        assert all(0 < each < 0.2 for each in load.seconds)


@pytest.mark.parametrize("body", BAD)
async def test_an_error_is_no_answer(body):
    async with answering(repeat(body)) as address:
        with pytest.raises(WrongAnswer, match="request 0"):
            await answers(address, asks(address))


async def test_a_status_other_than_200_is_no_answer():
    async with answering(repeat(GOOD), b"503 Busy") as address:
        with pytest.raises(WrongAnswer, match="503"):
            await answers(address, asks(address))
        with pytest.raises(WrongAnswer, match="503"):
            await press(address, asks(address), [len(GOOD)] * 3, seconds=0.2, concurrency=2)


@pytest.mark.parametrize("body", [*BAD, GOOD.replace(b'"1"', b'"12"')])
async def test_a_server_that_begins_to_fail_under_load_fails_the_run(body):
    async with answering(chain([GOOD] * 20, repeat(body))) as address:
        with pytest.raises(WrongAnswer):
            await press(address, asks(address), [len(GOOD)] * 3, seconds=5, concurrency=2)


async def test_a_server_that_hangs_up_fails_the_run():
    async with answering(iter([GOOD] * 3)) as address:
        with pytest.raises((ConnectionError, WrongAnswer)):
            await press(address, asks(address), [len(GOOD)] * 3, seconds=5, concurrency=2)
