"""The list of documents that run, where an installation has one, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from crm.config import read_documents
from crm.core.errors import DocumentNotAllowed
from crm.endpoints.console.documents import console_documents


class Allowed:
    """Documents by the hash or id that clients name them by, and by their text."""

    def __init__(self, documents: Mapping[str, str], ours: Iterable[str] = ()) -> None:
        self._documents = {name.lower(): text for name, text in documents.items()}
        self._texts = {*documents.values(), *ours}

    def text(self, named: str | None, text: str) -> str:
        """The text that runs: that of the hash, or the one that was sent, if it is on the list."""
        if not text and named is not None:
            text = self._documents.get(named, "")
        if text not in self._texts:
            raise DocumentNotAllowed
        return text


def allowed(path: Path | None) -> Allowed | None:
    """The list in this file, and with it what the console asks; None where everything runs."""
    return None if path is None else Allowed(read_documents(path), console_documents())
