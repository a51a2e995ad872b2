"""A cancellation that something swallowed is heeded a turn later."""

import asyncio
from contextlib import suppress

import pytest

from crm.notify.cancelling import heed_cancellation


async def test_a_swallowed_cancellation_ends_the_loop_at_its_next_turn():
    turns = 0

    async def loop():
        nonlocal turns
        while True:
            heed_cancellation()
            turns += 1
            with suppress(asyncio.CancelledError):  # as `wait_for` does when an answer and a cancellation meet
                await asyncio.sleep(3600)

    task = asyncio.create_task(loop())
    await asyncio.sleep(0)
    task.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await task
    assert turns == 1


async def test_a_time_out_of_its_own_is_no_cancellation():
    with suppress(TimeoutError):
        async with asyncio.timeout(0.01):
            await asyncio.sleep(3600)
    heed_cancellation()
