"""What the console asks, read from its own source: where only listed documents run, these are on the list."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_CONSTANT = re.compile(r"^(export )?const (\w+) = `([^`]*)`;$", re.MULTILINE)
_NAME = re.compile(r"\$\{(\w+)\}")


@cache
def console_documents() -> tuple[str, ...]:
    """Every document that `documents.js` exports. Its constants are plain text with the names of earlier ones in it."""
    source = files(__package__).joinpath("assets", "documents.js").read_text(encoding="utf-8")
    known: dict[str, str] = {}
    exported: list[str] = []
    for export, name, text in _CONSTANT.findall(source):
        known[name] = _NAME.sub(lambda match: known[match[1]], text)
        if export:
            exported.append(known[name])
    return tuple(exported)
