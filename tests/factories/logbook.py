"""What a server in this process writes into its log while a test runs."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from crm import logs

Lines = Callable[[], list[dict[str, Any]]]


def kept_log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """Fixture: the lines of the log, as a collector would get them."""
    output = io.StringIO()
    monkeypatch.setattr("sys.stderr", output)
    root = logging.getLogger()
    before = root.handlers[:], root.level
    logs.configure("json")
    yield lambda: [json.loads(line) for line in output.getvalue().splitlines()]
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def is_bad(line: dict[str, Any]) -> bool:
    """Whether a line tells of a mistake of ours: an error, or anything with a traceback."""
    return line["level"] in ("error", "critical") or "exception" in line or "Traceback" in json.dumps(line)
