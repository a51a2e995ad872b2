"""The command line `crm`. Every failure a person can cause is one line on standard error that says what to do."""

from __future__ import annotations

import gc
import signal
import sys
from types import FrameType
from typing import NoReturn

from crm.cli.commands import app
from crm.config import SettingError
from crm.core.errors import DomainError
from crm.store.errors import StoreError

TERMINATED = 128 + signal.SIGTERM


def main() -> NoReturn:
    """Run one command and exit: 0 on success, 1 for a refusal, 2 for a wrong command line, 130 and 143 for signals."""
    gc.set_threshold(50_000, 50, 100)  # a start makes a million objects and next to no garbage: a ninth of its time
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _end)
    try:
        code = app(standalone_mode=True)
    except (SettingError, StoreError, DomainError) as error:
        print(f"crm: {error}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    sys.exit(code)


def _end(number: int, _: FrameType | None) -> NoReturn:
    """Leave through every `finally` on the way: that is what stops the embedded database."""
    sys.exit(128 + number)
