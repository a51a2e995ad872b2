"""Loops that end when they are told to, whatever a driver does with being told."""

from __future__ import annotations

import asyncio


def heed_cancellation() -> None:
    """Raise `CancelledError` where this task was cancelled and nobody noticed.

    Before Python 3.12 `asyncio.wait_for`, by which redis-py sends everything, swallows a cancellation that meets an answer. It is
    still counted; a loop that asks here in each turn ends one turn later instead of never.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
