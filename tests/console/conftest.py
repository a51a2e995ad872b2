"""What the console's tests ask for.

`browser`   one Chromium for all of them; skips, and says why, where there is none
`tabs`      opens pages of several people
`serve`     serves the console's files beside the given routes, and answers the address
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from tests.console.browser import Browser, NoBrowser, Tab, found, install

from crm.cli.listening import SERVER
from crm.endpoints import console


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    try:
        opened = Browser(found() or install())
    except NoBrowser as reason:
        pytest.skip(f"no browser: {reason}")
    try:
        yield await opened.open()
    finally:
        await opened.close()


@pytest.fixture
async def tabs(browser: Browser) -> AsyncIterator[Callable[[], Awaitable[Tab]]]:
    opened: list[Tab] = []

    async def open_tab() -> Tab:
        opened.append(await browser.tab())
        return opened[-1]

    yield open_tab
    for tab in opened:
        await tab.close()


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., str]]:
    started: list[tuple[uvicorn.Server, asyncio.Task[None], socket.socket]] = []

    def start(*routes: BaseRoute) -> str:
        listening = socket.create_server(("127.0.0.1", 0))
        app = Starlette(routes=[*console.routes(), *routes])
        server = uvicorn.Server(uvicorn.Config(app, **SERVER | {"lifespan": "off"}))
        started.append((server, asyncio.create_task(server.serve(sockets=[listening])), listening))
        return f"http://127.0.0.1:{listening.getsockname()[1]}/"

    yield start
    for server, serving, listening in started:
        # Pages that are still open are not waited for.
        server.should_exit = server.force_exit = True
        await serving
        listening.close()
