"""Contents of files: whole or not at all, each once, swept only when nobody needs them; in a folder and with a provider."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from crm.store.blobs import BlobStore, Draft, FolderBlobs, TooLarge, received


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def drafted(folder: Path, *parts: bytes) -> Draft:
    return await received(pieces(*parts), folder, 1000, 4)


@pytest.fixture(params=["folder", "objects"])
def blobs(request, tmp_path) -> BlobStore:
    if request.param == "folder":
        return FolderBlobs(tmp_path)
    pytest.importorskip("obstore")
    from crm.store.object_blobs import ObjectBlobs

    objects = tmp_path / "objects"
    objects.mkdir()
    return ObjectBlobs(f"file://{objects}", tmp_path)


async def whole(blobs: BlobStore, sha256: str) -> bytes:
    return b"".join([piece async for piece in blobs.read(sha256)])


async def test_a_content_is_kept_once_under_its_hash(blobs: BlobStore, tmp_path):
    one = await drafted(tmp_path, b"hel", b"lo")
    assert (one.sha256, one.size, one.head) == (hashlib.sha256(b"hello").hexdigest(), 5, b"hell")
    await blobs.keep(one)
    await blobs.keep(await drafted(tmp_path, b"hello"))
    await asyncio.gather(*[blobs.keep(await drafted(tmp_path, b"other")) for _ in range(5)])
    assert await whole(blobs, one.sha256) == b"hello"
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(path.name for path in kept) == sorted(hashlib.sha256(text).hexdigest() for text in (b"hello", b"other"))
    assert [sha async for sha in blobs.old(3600)] == []
    for path in kept:
        os.utime(path, (time.time() - 7200,) * 2)
    await blobs.keep(await drafted(tmp_path, b"hello"))
    assert [sha async for sha in blobs.old(3600)] == [hashlib.sha256(b"other").hexdigest()]
    await blobs.forget(one.sha256)
    with pytest.raises(FileNotFoundError):
        await whole(blobs, one.sha256)


async def test_a_draft_that_is_cut_off_or_too_large_leaves_nothing(tmp_path):
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionError

    for bad, error in ((broken(), ConnectionError), (pieces(b"x" * 600, b"x" * 600), TooLarge)):
        with pytest.raises(error):
            await received(bad, tmp_path, 1000, 4)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_drafts_that_nobody_kept_go_with_the_next_look(blobs: BlobStore, tmp_path):
    old, new = await drafted(tmp_path, b"old"), await drafted(tmp_path, b"new")
    os.utime(old.path, (time.time() - 7200,) * 2)
    assert [sha async for sha in blobs.old(3600)] == []
    assert not old.path.exists()
    await blobs.keep(new)
    assert await whole(blobs, new.sha256) == b"new"


async def test_contents_are_their_owners_alone(tmp_path):
    made = FolderBlobs(tmp_path)
    await made.keep(await drafted(tmp_path, b"hello"))
    assert [path for path in tmp_path.rglob("*") if path.stat().st_mode & 0o077] == []
