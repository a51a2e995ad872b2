"""Contents of files, each kept once under the hash of its bytes: in a folder, or with a provider of object storage.

A content is written to a draft, and becomes visible whole or not at all. Whoever has its hash can be sure of its bytes, so
nothing is ever overwritten, and the same content that comes again takes no room.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol
from uuid import uuid4

CHUNK = 256 * 1024
DRAFTS = "drafts"


class TooLarge(Exception):
    """There is more of it than may be."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A content that was received and is kept by nobody yet."""

    sha256: str
    size: int
    head: bytes
    path: Path


class BlobStore(Protocol):
    """Where contents are kept."""

    async def keep(self, draft: Draft) -> None:
        """Make a draft a content, on the disk when this returns; one that is there already is there still."""

    def read(self, sha256: str) -> AsyncIterator[bytes]:
        """The bytes of a content, piece by piece. FileNotFoundError where there is none."""

    def old(self, seconds: float) -> AsyncIterator[str]:
        """The hashes of contents that nobody has kept anew for so long."""

    async def forget(self, sha256: str) -> None:
        """Throw a content away."""


async def received(pieces: AsyncIterator[bytes], folder: Path, largest: int, head: int) -> Draft:
    """Write what comes in to a draft, and learn its hash on the way. `TooLarge` as soon as it is."""
    path = folder / DRAFTS / uuid4().hex
    digest, size, first = hashlib.sha256(), 0, b""
    file = await asyncio.to_thread(_opened, path)
    try:
        async for piece in pieces:
            size += len(piece)
            if size > largest:
                raise TooLarge  # noqa: TRY301 - what was written is removed below
            digest.update(piece)
            first += piece[: max(0, head - len(first))]
            await asyncio.to_thread(file.write, piece)
        await asyncio.to_thread(_synced, file)
    except BaseException:
        file.close()
        path.unlink(missing_ok=True)
        raise
    return Draft(digest.hexdigest(), size, first, path)


def discard(draft: Draft) -> None:
    """Throw a draft away that was not kept."""
    draft.path.unlink(missing_ok=True)


def forget_drafts(folder: Path, before: float) -> None:
    """Throw away drafts that were begun before this time and that nobody kept or discarded: whoever did died meanwhile."""
    for path in (folder / DRAFTS).glob("*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()


class FolderBlobs:
    """A folder: `ab/cd/<hash>`, readable by its owner alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def keep(self, draft: Draft) -> None:
        """A rename within one file system, and both folders on the disk."""
        await asyncio.to_thread(self._keep, draft)

    async def read(self, sha256: str) -> AsyncIterator[bytes]:
        """In pieces, so that a large file takes no room in memory."""
        file = await asyncio.to_thread(self._path(sha256).open, "rb")
        try:
            while piece := await asyncio.to_thread(file.read, CHUNK):
                yield piece
        finally:
            file.close()

    async def old(self, seconds: float) -> AsyncIterator[str]:
        """By the time of the file, which keeping it anew sets."""
        for sha256 in await asyncio.to_thread(self._old, time.time() - seconds):
            yield sha256

    async def forget(self, sha256: str) -> None:
        """Remove the file."""
        await asyncio.to_thread(self._path(sha256).unlink, missing_ok=True)

    def _path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    def _keep(self, draft: Draft) -> None:
        path = self._path(draft.sha256)
        with suppress(FileNotFoundError):
            os.utime(path)  # somebody needs it now: a sweep leaves it alone
            draft.path.unlink()
            return
        for folder in (self.folder, path.parent.parent, path.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        draft.path.replace(path)
        for folder in (path.parent, path.parent.parent, self.folder):
            _sync_folder(folder)

    def _old(self, before: float) -> list[str]:
        found = []
        for path in self.folder.glob("??/??/*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    found.append(path.name)
        forget_drafts(self.folder, before)
        return found


def _opened(path: Path) -> IO[bytes]:
    path.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _synced(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
