"""What tests ask for.

`database`    a migrated database of the test's own, open as the process's database: one that was emptied after earlier tests
              (`tests/kept.py`)
`client`      an HTTP client speaking to the application over that database, without sockets
`live`        `crm serve` as a process over that database, for tests that need real sockets
`databases`   makes further databases on the run's server
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette
from tests.kept import Shelf
from tests.servers import SECRET_KEY, Databases, Serving, SharedServer, ValkeyServer, at, crm

from crm import garbage
from crm.app import create_app
from crm.config import Settings
from crm.endpoints import execution
from crm.store.database import Database

SERVER: pytest.StashKey[SharedServer] = pytest.StashKey()
LONGEST = (
    "tests/faults/test_several_processes.py", "tests/cli/test_several_processes.py", "tests/notify/test_redis_lost.py",
    "tests/faults/test_killed_server.py", "tests/docs/test_add_an_event.py", "tests/docs/test_add_a_verb.py",
    "tests/cli/test_demo.py", "tests/house/test_indistinguishable.py", "tests/house/test_refusals_change_nothing.py",
    "tests/docs/test_add_an_entity.py", "tests/house/test_permission_matrix.py", "tests/store/test_migrate.py",
    "tests/notify/test_hub.py", "tests/system/test_injection.py", "tests/cli/test_commands.py",
    "tests/endpoints/conformance/test_patience.py", "tests/endpoints/conformance/test_messages.py",
    "tests/faults/test_deaf_clients.py", "tests/faults/test_cut_sockets.py", "tests/store/test_embedded.py",
    "tests/cli/test_serve.py",
)  # fmt: skip
"""Files of a minute and more, from the longest on. They are begun first: whatever is begun last, all but one wait for it."""


def pytest_configure(config: pytest.Config) -> None:
    """Settings of the person who runs the tests are none of the tests' business."""
    kept = ("CRM_SOAK", "CRM_SEED")
    for name in [name for name in os.environ if name.startswith("CRM_") and name not in kept]:
        del os.environ[name]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest files first; `--no-loadscope-reorder` makes xdist keep this order, and not begin with those of many tests."""
    places = {str(config.rootpath / name): place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(str(item.path), len(places)))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist: the controller starts the server and tells each worker where it is."""
    node.workerinput["crm_server"] = _shared_server(node.config).url


def pytest_unconfigure(config: pytest.Config) -> None:
    server = config.stash.get(SERVER, None)
    if server:
        server.stop()


def _shared_server(config: pytest.Config) -> SharedServer:
    if SERVER not in config.stash:
        config.stash[SERVER] = SharedServer()
    return config.stash[SERVER]


@pytest.fixture(scope="session", autouse=True)
def _settled_memory() -> None:
    """As `crm serve` does at its start: without it the collector is a sixth of what the matrices cost."""
    garbage.settle()


@pytest.fixture(scope="session", autouse=True)
def _one_validation() -> Iterator[None]:
    """Applications of one process share the documents they have validated: as in a server, where one lives for days.

    Every test has an application of its own, and validating what they ask takes longer than answering it.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execution, "Documents", cache(execution.Documents))
        yield


@pytest.fixture(scope="session")
def server_url(request: pytest.FixtureRequest) -> str:
    """The run's PostgreSQL."""
    told = getattr(request.config, "workerinput", {}).get("crm_server")
    return str(told) if told else _shared_server(request.config).url


@pytest.fixture(scope="session")
async def databases(server_url: str) -> AsyncIterator[Databases]:
    admin = await asyncpg.connect(at(server_url, "postgres"))
    found = Databases(server_url, admin)
    await found.make_template()
    yield found
    await admin.close()


@pytest.fixture(scope="session")
async def shelf(databases: Databases) -> AsyncIterator[Shelf]:
    found = Shelf(databases)
    yield found
    await found.close()


@pytest.fixture
async def database(shelf: Shelf) -> AsyncIterator[Database]:
    kept = await shelf.take()
    yield kept.lend()
    await shelf.put_back(kept)


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> Settings:
    """The settings of `app`; a test that needs others makes its own application."""
    return make_settings(database, tmp_path)


BUDGET = 10_000_000
"""What one operation of a test may cost: tests of whole lists ask for more at once than any client may."""


def make_settings(database: Database, folder: Path, **others: Any) -> Settings:
    others = {"cost_budget": BUDGET, **others}
    return Settings(_env_file=None, database_url=database.url, secret_key=SECRET_KEY, data_dir=folder, **others)


@pytest.fixture
def app(settings: Settings, database: Database) -> Starlette:
    return create_app(settings, database, background=False)


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    # Our own middleware answers crashes; without this the client would raise them again in the test.
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://crm.test") as opened:
        yield opened


@pytest.fixture(scope="session")
def migrated_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder after its first start: migrating takes seconds, copying does not."""
    home = tmp_path_factory.mktemp("home")
    made = crm("migrate", cwd=home)
    assert made.returncode == 0, made.stderr
    return home / ".crm"


@pytest.fixture
def data_folder(migrated_folder: Path, tmp_path: Path) -> Path:
    """`.crm` in the test's folder, as a first start leaves it."""
    return Path(shutil.copytree(migrated_folder, tmp_path / ".crm"))


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Callable[..., Serving]]:
    """Start `crm …` processes in an empty folder; they are ended with the test."""
    started: list[Serving] = []

    def start(*words: str, cwd: Path = tmp_path, **settings: str) -> Serving:
        started.append(Serving(*words, cwd=cwd, **settings))
        return started[-1]

    yield start
    for process in started:
        process.close()


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """A Valkey of this process's own, for tests that need Redis."""
    server = ValkeyServer()
    yield server.url
    server.stop()


@pytest.fixture
def live(database: Database, serving: Callable[..., Serving]) -> Iterator[str]:
    """The address of a server process over `database`."""
    process = serving("serve", "--port", "0", CRM_DATABASE_URL=database.url, CRM_SECRET_KEY=SECRET_KEY)
    yield process.address()
    process.end(signal.SIGTERM)
