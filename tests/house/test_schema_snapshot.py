"""What clients see is committed, so that a change of it is seen in review."""

from __future__ import annotations

from pathlib import Path


def test_the_committed_schema_is_what_the_code_says(request):
    from crm.resolvers.root import schema_text

    committed: Path = request.config.rootpath / "schema.graphql"
    assert committed.read_text(encoding="utf-8") == schema_text(), "run make schema and look at the difference"
