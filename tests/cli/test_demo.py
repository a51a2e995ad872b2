"""The demo company: made once, found again, and never half."""

from __future__ import annotations

import signal
import stat

import pytest
from tests.servers import Serving

from crm.store.folder import DataFolder


def wait(server: Serving) -> None:
    server.wait_for_text("A first query to paste into a shell")


@pytest.mark.slow
def test_a_demo_is_made_once_and_keeps_its_data(serving, tmp_path):
    first = serving("demo", "--port", "0", "--calls-per-minute", "0")
    wait(first)
    assert "Making the demo company" in first.output
    for name in ("secret-key", "hook-secret-demo"):
        file = tmp_path / ".crm" / name
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.read_text() in first.output
    assert first.end(signal.SIGINT) == 0
    assert DataFolder(tmp_path / ".crm").running_server() is None
    second = serving("demo", "--port", "0")
    wait(second)
    assert "Making the demo company" not in second.output
    assert second.end(signal.SIGTERM) == 143


@pytest.mark.slow
def test_a_filling_that_is_cut_short_is_done_over(serving, tmp_path, data_folder):
    first = serving("demo", "--no-serve")
    first.wait_for_text("Making the demo company")
    assert first.end(signal.SIGKILL) != 0
    assert (tmp_path / ".crm" / "demo-unfinished").exists()
    second = serving("demo", "--no-serve")
    assert second.process.wait(120) == 0, second.output
    assert "Making the demo company" in second.output
    assert not (tmp_path / ".crm" / "demo-unfinished").exists()
    assert DataFolder(tmp_path / ".crm").running_server() is None
