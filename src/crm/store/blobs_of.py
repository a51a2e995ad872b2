"""Where this installation keeps the contents of files."""

from __future__ import annotations

from pathlib import Path

from crm.store.blobs import BlobStore, FolderBlobs


def blobs_of(url: str | None, data_dir: Path) -> BlobStore:
    """With the provider that `CRM_FILES_URL` names, else in a folder of the data folder."""
    if url is None:
        return FolderBlobs(data_dir / "files")
    from crm.store.object_blobs import ObjectBlobs

    return ObjectBlobs(url)
