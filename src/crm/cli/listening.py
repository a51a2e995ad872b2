"""The socket we serve on and the server behind it.

The port is taken first, so that a taken one stops us before anything starts.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from crm.config import Settings
from crm.store.errors import StoreError

BACKLOG = 2048
FAILED_START = 3

Sockets = list[socket.socket]
OnReady = Callable[[str], None]

SERVER: dict[str, Any] = {
    "http": "crm.endpoints.streams.protocol:HttpProtocol",
    "ws": "crm.endpoints.sockets.protocol:WebSocketProtocol",
    "ws_per_message_deflate": False,  # costs CPU and memory on every socket, for messages of a few hundred bytes
    "ws_max_size": 64 * 1024,
    "ws_ping_interval": 30.0,  # for peers that vanish: the protocol's own pings, every 12 s, keep lines open and need no answer
    "timeout_graceful_shutdown": 20,
    "proxy_headers": True,  # from 127.0.0.1, or from FORWARDED_ALLOW_IPS
    "server_header": False,
    "access_log": False,  # our own line says more
    "log_config": None,
    "lifespan": "on",
}


@contextmanager
def listen(host: str, port: int) -> Iterator[Sockets]:
    """Take the port. Who connects before we serve waits instead of being turned away."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        taken = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise StoreError(_why(error, host, port)) from error
    with taken:
        taken.set_inheritable(True)
        yield [taken]


def run(settings: Settings, sockets: Sockets, *, workers: int = 1, works: bool = False, on_ready: OnReady | None = None) -> None:
    """Serve until a signal, or do the background work; returns after Ctrl-C, and exits with 143 after SIGTERM or SIGHUP."""
    if workers > 1:
        if on_ready:
            on_ready(_address(sockets))  # who connects now waits for the first worker
        config = uvicorn.Config("crm.app:application", factory=True, workers=workers, **SERVER)
        Multiprocess(config, sockets=sockets).run()
        return
    from crm.app import create_app, create_worker

    if hasattr(signal, "SIGHUP"):  # the terminal was closed: stop in good order, as for SIGTERM
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    app = create_worker(settings) if works else create_app(settings)
    server = _Server(uvicorn.Config(app, **SERVER), on_ready)
    with suppress(KeyboardInterrupt):  # the server stopped in good order and then repeats the signal it caught
        server.run(sockets=sockets)
    if not server.started:
        sys.exit(FAILED_START)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config, on_ready: OnReady | None) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: Sockets | None = None) -> None:
        await super().startup(sockets)
        if self.started and self._on_ready and sockets:
            self._on_ready(_address(sockets))


def _address(sockets: Sockets) -> str:
    host, port = sockets[0].getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is taken: stop what listens there, or choose another with --port (make demo PORT={port + 1})."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} is for the administrator of this machine: choose one above 1023 with --port."
    return f"{host} is not an address of this machine ({error.strerror}): choose another with --host."
