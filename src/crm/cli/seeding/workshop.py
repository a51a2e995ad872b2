"""Chunks made while the database digests those before: by processes of their own where there are many, else by a thread."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import pickle
import signal
import sys
from asyncio import StreamReader
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import BinaryIO

from crm.cli.seeding.binary_copy import Packed, Types, packed
from crm.cli.seeding.parties import Plan

Chunk = list[Packed]

AHEAD = 32 * 2**20
"""Bytes that another process may be ahead of us; a chunk has about twenty million."""

MOST_WORKERS = 2
"""Making takes less than twice as long as writing: a third would only wait."""


async def made_here(plan: Plan, types: Types) -> AsyncGenerator[Chunk]:
    """One chunk is made in a thread while the one before is written."""

    def make(number: int) -> Chunk:
        return packed(plan.make(number), types)

    following: asyncio.Task[Chunk] | None = None
    for number in plan.chunks():
        ready, following = following, asyncio.create_task(asyncio.to_thread(make, number))
        if ready is not None:
            yield await ready
    if following is not None:
        yield await following


async def made_beside(plan: Plan, types: Types) -> AsyncGenerator[Chunk]:
    """Other processes make them in turns: making takes longer than writing, and both together have all processors to do it."""
    chunks = plan.chunks()
    workers = min(len(chunks), MOST_WORKERS, os.cpu_count() or 1)
    async with AsyncExitStack() as stack:
        streams = [await stack.enter_async_context(_worker(plan, types, chunks[first::workers])) for first in range(workers)]
        for number in chunks:
            try:
                chunk = await _received(streams[number % workers])
            except asyncio.IncompleteReadError as error:
                raise RuntimeError("A process that makes the records ended; what it said stands above.") from error
            yield chunk


@asynccontextmanager
async def _worker(plan: Plan, types: Types, numbers: Sequence[int]) -> AsyncIterator[StreamReader]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", __name__, stdin=pipe, stdout=pipe, limit=AHEAD)
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.write(pickle.dumps((plan, types, numbers)))
        process.stdin.write_eof()
        yield process.stdout
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _received(stream: StreamReader) -> Chunk:
    chunk = []
    for _ in range(int(await stream.readline() or b"0")):
        table, label, columns, rows, size = json.loads(await stream.readline())
        chunk.append(Packed(table, label, columns, rows, await stream.readexactly(size)))
    if not chunk:
        raise asyncio.IncompleteReadError(b"", None)
    return chunk


def _send(stream: BinaryIO, chunk: Chunk) -> None:
    stream.write(b"%d\n" % len(chunk))
    for part in chunk:
        stream.write(json.dumps([part.table, part.label, part.columns, part.rows, len(part.data)]).encode() + b"\n")
        stream.write(part.data)
    stream.flush()


def _work() -> None:
    """Make the chunks that are asked for. When nobody takes them any more, our parent is gone and so are we."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    gc.disable()
    plan, types, numbers = pickle.load(sys.stdin.buffer)  # noqa: S301 -- from our parent
    for number in numbers:
        _send(sys.stdout.buffer, packed(plan.make(number), types))


if __name__ == "__main__":
    _work()
