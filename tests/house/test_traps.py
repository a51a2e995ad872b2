"""Traps of the libraries that no type checker sees; each was fallen into once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _at_home(request, monkeypatch):
    monkeypatch.chdir(request.config.rootpath)


def lines(root: str, pattern: str) -> Iterator[str]:
    """Where a pattern occurs."""
    found = re.compile(pattern)
    for path in sorted(Path(root).rglob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if found.search(line):
                yield f"{path}:{number}: {line.strip()}"


def test_what_old_migrations_import_is_a_dependency():
    """A migration written where orjson is installed imports it for ever."""
    required = {
        re.split(r"[>=<;\s\[]", entry)[0]
        for entry in tomllib.loads(Path("pyproject.toml").read_text())["project"]["dependencies"]
    }
    imported = {
        match[1]
        for path in Path("migrations").glob("*.py")
        for match in re.finditer(r"^(?:from|import) (\w+)", path.read_text(), re.MULTILINE)
    }
    standard = {"uuid", "datetime", "decimal", "enum", "json", "functools", "typing", "pathlib", "__future__"}
    assert imported - standard - {"crm", "tortoise"} <= required


OURS = {
    "services/customers/activities.py": "a party by the id in a row that was claimed, read again for its lock",
    "services/customers/process_parts.py": "a part of a record that was claimed a line above, locked under it",
    "services/customers/contact_cycles.py": "the party of an activity that was claimed",
    "services/system/sessions.py": "attempts and sessions, found together with the person they belong to",
    "services/system/users.py": "one's own user, by the id that came with the token",
    "services/office/quiet_hours.py": "the same",
    "services/system/dictionaries.py": "dictionary items have no owner: everybody sees them, the verb's permission decides",
}
"""Files that look a row up by id, and why that id is not a client's word alone."""


def test_a_clients_id_is_claimed_never_looked_up():
    """`filter(id=…)` in a service knows nothing of the viewer: `records.claim` is the one way from a client's id to a row."""
    found = lines("src/crm/services", r"\.(filter|get|get_or_none)\((id|pk)=")
    assert [place for place in found if place.split(":")[0].removeprefix("src/crm/") not in OURS] == []


def test_statements_take_parameters():
    """`RawSQL` and `Model.raw` take none, so whatever is put into them is pasted."""
    assert list(lines("src/crm", r"\bRawSQL\(|\.raw\(")) == []


def test_every_foreign_key_says_what_a_delete_does():
    """Tortoise's own default deletes the children."""
    bare = [found for found in lines("src/crm/models", r"(ForeignKeyField|OneToOneField)\(") if "on_delete" not in found]
    assert bare == []


def test_no_middleware_that_buffers():
    """BaseHTTPMiddleware breaks streams, context variables and cancellation."""
    assert list(lines("src/crm", "BaseHTTPMiddleware")) == []


def test_redis_clients_say_how_they_retry():
    """`Redis()` repeats ten times and `from_url` not at all unless told: whoever makes one says what it means."""
    bare = [found for found in lines("src/crm", r"Redis\.from_url\(") if "retry=" not in found]
    assert bare == []
