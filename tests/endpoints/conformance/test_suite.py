"""The suite itself: each check says which sentence it checks, and every close code has one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
REALTIME = Path(__file__).parents[3] / "docs" / "realtime.md"
FEWEST = 60


def checks() -> dict[str, str | None]:
    """Every check with its sentence."""
    trees = [
        ast.parse(path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("test_*.py")) if path.name != Path(__file__).name
    ]
    found = [
        node for tree in trees for node in tree.body if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]
    return {node.name: ast.get_docstring(node) for node in found}


def test_each_check_has_its_sentence():
    found = checks()
    assert len(found) >= FEWEST
    assert [name for name, sentence in found.items() if not sentence or not sentence.endswith(".")] == []
    assert len(set(found.values())) == len(found)


def test_every_close_code_that_is_documented_is_checked():
    documented = set(re.findall(r"^\| (\d{4}) \|", REALTIME.read_text(encoding="utf-8"), re.MULTILINE))
    checked = set(
        re.findall(r"\b(?:4\d{3}|10\d\d)\b", "".join(path.read_text(encoding="utf-8") for path in HERE.glob("test_*.py")))
    )
    assert len(documented) >= 11
    assert documented - checked == set()
