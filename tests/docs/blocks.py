"""The fenced blocks of the documentation, and how those that name a file are put into a source tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    title: str
    words: tuple[str, ...]
    body: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def pages(home: Path) -> list[Path]:
    """Every page of the documentation."""
    return [*sorted(home.glob("*.md")), *sorted(home.glob("docs/**/*.md"))]


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        title = re.search(r'title="([^"]*)"', found["info"])
        words = re.sub(r'title="[^"]*"', "", found["info"]).split()
        yield Block(
            page, text.count("\n", 0, found.start()) + 1, words[0] if words else "", title[1] if title else "", tuple(words[1:]),
            found["body"],
        )  # fmt: skip


def put(block: Block, tree: Path) -> None:
    """Write a block's file, or join its changed lines to the file that is there."""
    path = _path(block, tree)
    if block.language != "diff":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.body, encoding="utf-8")
        return
    lines = block.body.splitlines()
    before = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "+")
    after = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "-")
    text = path.read_text(encoding="utf-8")
    if "migrations" in path.parts:  # written by a program a moment ago: the lines around an addition are its last ones
        place = text.rindex(lines[-1][1:])
        added = "".join(f"{line[1:]}\n" for line in lines if line[:1] == "+")
        path.write_text(text[:place] + added + text[place:], encoding="utf-8")
        return
    assert text.count(before) == 1, f"{block} does not fit {block.title}:\n{before}"
    path.write_text(text.replace(before, after), encoding="utf-8")


def _path(block: Block, tree: Path) -> Path:
    """`NNNN` stands for the number that the migration writer chose."""
    if "NNNN" not in block.title:
        return tree / block.title
    found = list(tree.glob(block.title.replace("NNNN", "[0-9]" * 4)))
    assert len(found) == 1, f"{block}: no single {block.title} was written"
    return found[0]
