"""The guide is true: its blocks, put into a copy of the source tree, make an event that is told once, to whom it is for."""

from __future__ import annotations

import pytest
from tests.docs.trees import HOME, copied, follow, passes


@pytest.mark.slow
def test_the_guide_makes_an_event(tmp_path):
    tree = copied(tmp_path)
    follow(HOME / "docs/guides/add-an-event.md", tree)
    assert "activitiesDone(" in (tree / "schema.graphql").read_text(encoding="utf-8")
    words = (
        "tests/customers/test_activity_done.py",
        "tests/docs/test_realtime_examples.py::test_the_table_of_topics_is_the_table_of_topics",
        "tests/docs/test_examples.py",
    )
    assert passes(tree, *words, "-k", "activity_done or table or glossary") >= 8
