"""Drivers without a peer, for development and demonstrations: a file of JSON lines, and the log."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import orjson
import structlog

from crm.core.clock import now
from crm.notify.gateways.sms.driver import Text, Way
from crm.rules.messaging.sending import Outcome, Result

NAME = "sms-outbox.jsonl"

log = structlog.get_logger("crm.sms")


def _written(text: Text, sender: str | None) -> dict[str, object]:
    return {
        "at": now().isoformat(), "id": str(text.id), "from": sender, "to": text.to, "text": text.text,
        "segments": len(text.parts), "encoding": text.encoding, "category": text.category, "repeat": text.repeat,
    }  # fmt: skip


class FileDriver:
    """A line for each message in `sms-outbox.jsonl` of the data folder, readable by its owner alone."""

    def __init__(self, way: Way) -> None:
        self.path, self.sender = way.folder / NAME, way.sender

    async def send(self, text: Text) -> Outcome:
        """Accepted once the line is on the disk."""
        line = orjson.dumps(_written(text, self.sender)) + b"\n"
        try:
            await asyncio.to_thread(_append, self.path, line)
        except OSError as error:
            return Outcome(Result.NOT_SENT, detail=f"{NAME} cannot be written: {error.strerror}")
        return Outcome(Result.ACCEPTED, (str(text.id),))

    async def listen(self) -> None:
        """Nobody tells anything."""

    async def close(self) -> None:
        """The file is opened for each line."""


def _append(path: Path, line: bytes) -> None:
    """One write, so that two processes never mix their lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line)
        os.fsync(handle)
    finally:
        os.close(handle)


class ConsoleDriver:
    """A line in the log for each message, and with it what it says: not for real customers."""

    def __init__(self, way: Way) -> None:
        self.sender = way.sender

    async def send(self, text: Text) -> Outcome:
        """Accepted as soon as it is shown."""
        log.info("short message", **_written(text, self.sender))
        return Outcome(Result.ACCEPTED, (str(text.id),))

    async def listen(self) -> None:
        """Nobody tells anything."""

    async def close(self) -> None:
        """Nothing is open."""
