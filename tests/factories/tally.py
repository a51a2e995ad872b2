"""What a matrix has looked at, and what it found: every difference at once, not just the first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tally:
    """Cells are (viewer, field, path). A difference names its cell, what came back and what the oracle says."""

    cells: set[tuple[str, ...]] = field(default_factory=set)
    differences: list[tuple[Any, ...]] = field(default_factory=list)

    def expect(self, cell: tuple[str, ...], got: Any, wanted: Any, about: Any = None) -> None:
        """One comparison in one cell."""
        self.cells.add(cell)
        if got != wanted:
            self.differences.append((*cell, about, "got", got, "expected", wanted))

    def settle(self, least: int) -> None:
        """Fail with all differences, grouped by field and path; and if less was looked at than there was once."""
        if self.differences:
            groups = Counter((each[1], each[2]) for each in self.differences)
            lines = [f"{count:4} × {place}" for place, count in groups.most_common(40)]
            seen: Counter[Any] = Counter()
            for each in self.differences:
                seen[each[1:3]] += 1
                if seen[each[1:3]] <= 3:
                    lines.append(" | ".join(str(part)[:600] for part in each))
            raise AssertionError("\n".join([f"{len(self.differences)} differences", *lines[:200]]))
        assert len(self.cells) >= least, f"only {len(self.cells)} cells"
