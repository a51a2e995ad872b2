"""A real Dovecot on the loopback, where one is installed: with mailboxes of its own, and as good as any that customers have."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from imapclient import IMAPClient

BINARY = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
ABSENT = "no Dovecot is installed here (Debian: dovecot-imapd)"
PASSWORD = '秘密 p"a\\ss'

_ROOT = """
default_internal_user = dovecot
default_login_user = dovenull
"""
_USER = """
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0600
  }}
}}
"""
_CONFIGURATION = """
protocols = imap
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
listen = 127.0.0.1
ssl = {ssl}
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:{folder}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 0
first_valid_gid = 0
mail_max_userip_connections = 50
auth_failure_delay = 0
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {secure}
  }}
}}
{owner}
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """One that runs."""

    folder: Path
    port: int
    secure: int
    process: subprocess.Popen[bytes]

    @contextmanager
    def client(self, user: str) -> Iterator[IMAPClient]:
        """Somebody who puts mail there and looks at it."""
        with IMAPClient("127.0.0.1", self.port, ssl=False, timeout=10) as client:
            client.plain_login(user, PASSWORD)
            yield client

    def deliver(self, user: str, *messages: bytes, folder: str = "INBOX") -> None:
        """Put messages into somebody's folder."""
        with self.client(user) as client:
            for each in messages:
                client.append(folder, each)

    def begin_anew(self, user: str) -> None:
        """As after a backup was played back: the same messages under new numbers."""
        mail = self.folder / "mail" / user
        for name in ("dovecot-uidlist", "dovecot-uidvalidity", "dovecot.index", "dovecot.index.log", "dovecot.index.cache"):
            (mail / name).unlink(missing_ok=True)
        for path in mail.glob("dovecot-uidvalidity.*"):
            path.unlink()

    def log(self) -> str:
        """What it says."""
        return (self.folder / "log").read_text(errors="replace")


@contextmanager
def dovecot(users: tuple[str, ...], *, certificate: tuple[Path, Path] | None = None) -> Iterator[Dovecot]:
    """One with these mailboxes, for as long as the block lasts."""
    assert BINARY is not None, ABSENT
    folder = Path(tempfile.mkdtemp(prefix="crm-dovecot-"))
    try:
        port, secure = _free(), _free()
        _configured(folder, port, secure, users, certificate)
        process = subprocess.Popen([BINARY, "-F", "-c", str(folder / "dovecot.conf")], stderr=subprocess.DEVNULL)
        try:
            _answering(port, process, folder)
            yield Dovecot(folder, port, secure, process)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _configured(folder: Path, port: int, secure: int, users: tuple[str, ...], certificate: tuple[Path, Path] | None) -> None:
    root = os.geteuid() == 0
    me = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.geteuid())
    folder.chmod(0o755)
    (folder / "run").mkdir()
    (folder / "mail").mkdir()
    if root:
        os.chown(folder / "mail", me.pw_uid, me.pw_gid)
    (folder / "users").write_text("".join(f"{user}:{{PLAIN}}{PASSWORD}::::::\n" for user in users))
    owner = _ROOT if root else _USER.format(user=me.pw_name, group=me.pw_name)
    ssl = "no" if certificate is None else f"yes\nssl_cert = <{certificate[0]}\nssl_key = <{certificate[1]}"
    (folder / "dovecot.conf").write_text(
        _CONFIGURATION.format(folder=folder, port=port, secure=secure, uid=me.pw_uid, gid=me.pw_gid, owner=owner, ssl=ssl)
    )


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answering(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as probe:
                probe.settimeout(5)
                if probe.recv(64).startswith(b"* OK"):
                    return
        except OSError:
            pass
        time.sleep(0.05)
    log = folder / "log"
    raise RuntimeError(f"Dovecot does not answer: {log.read_text() if log.exists() else ''}")
