"""The guide is true: its blocks, put into a copy of the source tree, make an entity that migrates, reads, writes and refuses."""

from __future__ import annotations

import pytest
from tests.docs.trees import HOME, copied, follow, passes


@pytest.mark.slow
def test_the_guide_makes_an_entity(tmp_path):
    tree = copied(tmp_path)
    written = follow(HOME / "docs/guides/add-an-entity.md", tree)
    for layer in ("models", "access", "schema", "services", "resolvers"):
        assert any(f"/{layer}/" in name for name in written), f"the guide lost its {layer}"
    assert "type Gift implements OwnedRecord" in (tree / "schema.graphql").read_text(encoding="utf-8")
    assert passes(tree, "tests/customers/test_gift.py", "tests/house/test_migrations.py", "tests/house/test_layers.py") >= 15
