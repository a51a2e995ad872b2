"""A name says what is inside, a file has one subject, a function fits on a screen. What does not fit says why, here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

FORBIDDEN = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"}
LONGEST_FILE = 300
LONGEST_FUNCTION = 40

LONG_FILES: dict[str, str] = {}
"""File under src/crm → why it is longer than 300 lines."""

LONG_FUNCTIONS: dict[str, str] = {}
"""`file:function` → why it is longer than 40 lines, its docstring not counted."""


@pytest.fixture(autouse=True)
def _at_home(request, monkeypatch):
    monkeypatch.chdir(request.config.rootpath)


def sources(*roots: str) -> Iterator[Path]:
    for root in roots:
        for path in sorted(Path(root).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Every function with its length in lines, without its docstring."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            documented = (
                isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
            )
            docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
            yield node.name, (node.end_lineno or 0) - node.lineno + 1 - docstring


def test_no_file_or_folder_has_a_name_that_says_nothing():
    paths = [*Path("src").rglob("*"), *Path("tests").rglob("*"), *Path("bench").rglob("*"), *Path("docs").rglob("*")]
    bad = [
        str(path) for path in paths if FORBIDDEN & set(re.split(r"[._-]", path.name.lower())) and "__pycache__" not in path.parts
    ]
    assert bad == []


def test_no_class_or_function_has_a_name_that_says_nothing():
    bad = []
    for path in sources("src"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+", node.name)}
                # A person's manager is a word of the business.
                if words & (FORBIDDEN - {"manager", "managers"}):
                    bad.append(f"{path}:{node.name}")
    assert bad == []


def test_files_fit_in_one_sitting():
    long = {str(path.relative_to("src/crm")) for path in sources("src/crm") if len(path.read_text().splitlines()) > LONGEST_FILE}
    assert long - set(LONG_FILES) == set(), "split them, or give the reason in LONG_FILES"
    assert set(LONG_FILES) - long == set(), "these are short now: take them off the list"


def test_functions_fit_on_a_screen():
    long = {
        f"{path.relative_to('src/crm')}:{name}"
        for path in sources("src/crm")
        for name, lines in functions(path)
        if lines > LONGEST_FUNCTION
    }
    assert long - set(LONG_FUNCTIONS) == set(), "split them, or give the reason in LONG_FUNCTIONS"
    assert set(LONG_FUNCTIONS) - long == set(), "these are short now: take them off the list"
