"""The documents are what the schema allows, and both sides of a comparison have one each."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from bench import documents


@pytest.mark.parametrize("name", documents.NAMES)
def test_our_documents_fit_the_schema(name, request):
    schema = build_schema((request.config.rootpath / "schema.graphql").read_text(encoding="utf-8"))
    assert validate(schema, parse(documents.ours(name))) == []


@pytest.mark.parametrize("name", documents.NAMES)
def test_the_peers_document_asks_for_the_same_names(name):
    def names(text: str) -> list[str]:
        body = re.sub(r"#.*|\([^()]*(\([^()]*\)[^()]*)*\)|\w+:|\$\w+", lambda found: alias(found[0]), text)
        return re.findall(r"\w+", body)

    def alias(part: str) -> str:
        return part[:-1] + " aliased" if part.endswith(":") else " "

    def answered(text: str) -> list[str]:
        words, kept = names(text), []
        for place, word in enumerate(words):
            if word != "aliased" and not (place and words[place - 1] == "aliased"):
                kept.append(word)
        return kept

    assert answered(documents.postgraphile(name)) == answered(documents.ours(name))


@pytest.mark.parametrize("name", documents.NAMES)
def test_statements_by_hand_have_a_place_for_the_rights(name):
    assert documents.handwritten(name).count("{rights}") == 1


def test_the_lock_of_the_peers_packages_holds_hashes_and_no_address(request):
    folder = Path(request.config.rootpath, "bench/node")
    text = (folder / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]
    assert "://" not in text
    assert all(package.get("integrity", "").startswith("sha512-") for path, package in packages.items() if path)
    assert packages[""]["dependencies"] == json.loads((folder / "package.json").read_text(encoding="utf-8"))["dependencies"]
