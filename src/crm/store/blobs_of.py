"""Where this installation keeps the contents of files."""

from __future__ import annotations

from pathlib import Path

from crm.store.blobs import BlobStore, FolderBlobs


def blobs_of(url: str | None, data_dir: Path) -> BlobStore:
    """With the provider that `CRM_FILES_URL` names, else in a folder of the data folder."""
    folder = data_dir / "files"
    if url is None:
        return FolderBlobs(folder)
    from crm.store.object_blobs import ObjectBlobs

    return ObjectBlobs(url, folder)
