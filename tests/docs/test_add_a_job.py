"""The guide is true: its blocks, put into a copy of the source tree, make a job that is done once and in batches."""

from __future__ import annotations

import pytest
from tests.docs.trees import HOME, copied, follow, passes


@pytest.mark.slow
def test_the_guide_makes_a_job(tmp_path):
    tree = copied(tmp_path)
    follow(HOME / "docs/guides/add-a-job.md", tree)
    assert "activitiesCancelOverdue(" in (tree / "schema.graphql").read_text(encoding="utf-8")
    assert passes(tree, "tests/customers/test_activity_overdue.py", "tests/system/test_housekeeping.py") >= 5
