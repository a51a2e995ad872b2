"""Contents of files with a provider of object storage (S3, OSS, MinIO), an extra: `pip install crm[objects]`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from crm.store.blobs import Draft, discard, forget_drafts


class ObjectBlobs:
    """A bucket, or a folder of it, by its address: `s3://bucket/folder`. Credentials come from the environment."""

    def __init__(self, url: str, folder: Path) -> None:
        """`folder` is where drafts are written."""
        import obstore

        self._folder = folder

        self._library: Any = obstore
        self._store: Any = obstore.store.from_url(url)

    async def keep(self, draft: Draft) -> None:
        """Uploaded whole; the provider makes it visible when it is complete. Also where it is there, which renews its time."""
        await self._library.put_async(self._store, _name(draft.sha256), draft.path)
        discard(draft)

    async def read(self, sha256: str) -> AsyncIterator[bytes]:
        """As the provider sends it."""
        found = await self._library.get_async(self._store, _name(sha256))
        async for piece in found.stream():
            yield bytes(piece)

    async def old(self, seconds: float) -> AsyncIterator[str]:
        """By the time that the provider notes. Drafts of that age go by themselves."""
        before = time.time() - seconds
        await asyncio.to_thread(forget_drafts, self._folder, before)
        async for page in self._library.list(self._store):
            for each in page:
                if each["last_modified"].timestamp() < before:
                    yield str(each["path"]).rpartition("/")[2]

    async def forget(self, sha256: str) -> None:
        """Delete the object."""
        await self._library.delete_async(self._store, _name(sha256))


def _name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"
