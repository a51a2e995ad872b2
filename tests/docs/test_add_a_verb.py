"""The guide is true: its blocks, put into a copy of the source tree, make a verb that does, records and refuses."""

from __future__ import annotations

import pytest
from tests.docs.trees import HOME, copied, follow, passes


@pytest.mark.slow
def test_the_guide_makes_a_verb(tmp_path):
    tree = copied(tmp_path)
    follow(HOME / "docs/guides/add-a-verb.md", tree)
    assert "activityPostpone(" in (tree / "schema.graphql").read_text(encoding="utf-8")
    assert passes(tree, "tests/customers/test_activity_postpone.py") >= 4
