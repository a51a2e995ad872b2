"""The console's files: how they are served, and what may be read off them without a browser."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import httpx
import pytest
from graphql import OperationDefinitionNode, build_schema, parse, validate
from starlette.applications import Starlette

from crm.endpoints import console

FOLDER = Path(str(files("crm.endpoints.console"))) / "assets"
SCRIPTS = sorted(FOLDER.glob("*.js"))
LONGEST = 250
READABLE = 4.5


def source(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


@pytest.fixture
async def visitor():
    transport = httpx.ASGITransport(Starlette(routes=console.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://crm.test") as opened:
        yield opened


async def test_the_page_is_served_closed_to_everything_else(visitor):
    answer = await visitor.get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self' ws: wss:",
        "img-src": "'self' data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("name", console.ASSETS)
async def test_every_file_is_served_with_its_type_and_a_tag(visitor, name):
    answer = await visitor.get(f"/console/{name}")
    assert (answer.status_code, answer.content) == (200, (FOLDER / name).read_bytes())
    assert answer.headers["content-type"] == console.TYPES[name.rpartition(".")[2]]
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-cache", "nosniff")
    again = await visitor.get(f"/console/{name}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", answer.headers["etag"])


async def test_a_tag_of_other_content_gets_the_content(visitor):
    answer = await visitor.get("/console/app.js", headers={"If-None-Match": '"of-yesterday", W/"of-the-day-before"'})
    assert (answer.status_code, answer.content) == (200, (FOLDER / "app.js").read_bytes())


@pytest.mark.parametrize(
    "path",
    [
        "/console/", "/console/index.html", "/console/__init__.py", "/console/..%2f__init__.py", "/console/../__init__.py",
        "/console/%2e%2e/%2e%2e/config.py", "/console/..%5c__init__.py", "/console/app.js%00",
        "/console/APP.JS", "/console/app",
    ],
)  # fmt: skip
async def test_nothing_else_is_served(visitor, path):
    answer = await visitor.get(path)
    assert answer.status_code == 404
    assert b"def " not in answer.content


async def test_nothing_is_written_to_it(visitor):
    for path in ("/", "/console/app.js"):
        assert (await visitor.post(path, content=b"x")).status_code == 405
        assert (await visitor.head(path)).status_code == 200


def test_the_list_is_what_is_there():
    assert {path.name for path in FOLDER.iterdir()} == {*console.ASSETS, console.PAGE}
    assert len(set(console.ASSETS)) == len(console.ASSETS)


def test_whatever_is_referred_to_exists():
    page = source("index.html")
    named = set(re.findall(r'(?:src|href)="/console/([^"]+)"', page))
    assert named == {"app.js", "console.css", "icon.svg"}
    imported = {name for path in SCRIPTS for name in re.findall(r"from '\./([^']+)'", path.read_text())}
    assert imported <= set(console.ASSETS)
    assert {path.name for path in SCRIPTS} == imported | {"app.js"}, "a module that nobody imports"


def test_every_element_that_is_asked_for_is_made():
    code = "\n".join(path.read_text() for path in SCRIPTS)
    made = set(re.findall(r'\bid="([^"]+)"', source("index.html"))) | set(re.findall(r"\bid: '([^']+)'", code))
    assert set(re.findall(r"byId\('([^']+)'\)", code)) <= made


def test_both_languages_say_everything():
    chinese, english = (
        dict(re.findall(r"^  '([^']+)': '([^']*)',$", source(name), re.MULTILINE)) for name in ("textsZh.js", "textsEn.js")
    )
    assert list(chinese) == list(english)
    assert len(chinese) == len(source("textsZh.js").splitlines()) - 4
    blanks = re.compile(r"\{\w+\}")
    for key, text in chinese.items():
        assert text.strip(), key
        assert english[key].strip(), key
        assert sorted(blanks.findall(text)) == sorted(blanks.findall(english[key])), key


def test_every_text_that_is_shown_has_words():
    known = set(re.findall(r"^  '([^']+)':", source("textsEn.js"), re.MULTILINE))
    code = "\n".join(path.read_text() for path in SCRIPTS)
    used = set(re.findall(r"\bt\('([\w.]+)'", code))
    used |= set(re.findall(r"\b(?:say|label): '([\w.]+)'", code))
    used |= set(re.findall(r"\b(?:button|labelled|fact|row)\('([\w.]+)'", code))
    used |= set(re.findall(r"\['(column\.\w+)'", code))
    used |= set(re.findall(r'data-(?:say|label)="([^"]+)"', source("index.html")))
    assert used - known == set()
    assert len(used) > 100
    groups = set(re.findall(r"tOf\('(\w+)'", code))
    assert groups
    assert groups <= {key.partition(".")[0] for key in known}


@pytest.mark.parametrize("path", [*SCRIPTS, FOLDER / "index.html"], ids=lambda path: path.name)
def test_data_never_becomes_markup_or_code(path):
    code = path.read_text(encoding="utf-8")
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|srcdoc|\beval\b|new Function"
    )
    assert re.search(forbidden, code) is None
    assert re.search(r"setTimeout\(['\"`]|setInterval\(['\"`]", code) is None
    assert re.search(r"\s(?:on\w+|style)=\"", code) is None


def test_the_token_is_kept_in_the_tab_only():
    for path in SCRIPTS:
        code = path.read_text()
        assert "document.cookie" not in code
        assert "indexedDB" not in code
        if path.name != "session.js":
            assert "sessionStorage" not in code
    assert "localStorage" not in source("session.js")
    kept = {name for path in SCRIPTS for name in re.findall(r"const KEPT = '([^']+)'", path.read_text())}
    assert kept == {"crm.token", "crm.language", "crm.muted"}


def test_nothing_is_fetched_from_elsewhere():
    for path in FOLDER.iterdir():
        addresses = set(re.findall(r"\w+://[\w.]+", path.read_text(encoding="utf-8")))
        assert addresses <= {"http://www.w3.org"}, path.name  # the name of SVG, which nobody fetches


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_module_has_one_subject(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("// ")
    assert len(lines) <= LONGEST


# Colours ----------------------------------------------------------------------------------------------------------


def palettes() -> dict[str, dict[str, str]]:
    light, dark = re.findall(r":root \{(.*?)\}", source("console.css"), re.DOTALL)
    named = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")
    return {"light": dict(named.findall(light)), "dark": dict(named.findall(dark))}


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(scheme):
    colours = palettes()[scheme]
    grounds = ("surface", "raised", "ground", "ring-ground")
    pairs = [(text, ground) for text in ("text", "quiet", "accent") for ground in grounds]
    pairs += [
        ("on-accent", "accent"),
        ("on-bad", "bad"),
        ("on-ring", "ring"),
        ("bad", "surface"),
        ("good", "surface"),
        ("warn", "surface"),
    ]
    pairs += [("good", "good-ground"), ("warn", "warn-ground"), ("bad", "bad-ground")]
    faint = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in faint.items() if ratio < READABLE} == {}
    # What is no text but has to be seen: edges of fields, lamps, the ring's frame.
    assert all(contrast(colours[name], colours["surface"]) >= 3 for name in ("edge", "good", "bad", "warn", "ring", "accent"))


# Documents --------------------------------------------------------------------------------------------------------


def documents() -> dict[str, str]:
    """The documents as the console sends them, with the pieces they are made of put in."""
    pieces = dict(re.findall(r"const (\w+) = `(.*?)`;", source("documents.js"), re.DOTALL))

    def whole(text: str) -> str:
        return re.sub(r"\$\{(\w+)\}", lambda name: whole(pieces[name[1]]), text)

    exported = re.findall(r"export const (\w+) =", source("documents.js"))
    return {name: whole(pieces[name]) for name in exported}


def test_every_document_is_graphql_and_used():
    code = "\n".join(path.read_text() for path in SCRIPTS if path.name != "documents.js")
    names = []
    for name, text in documents().items():
        (operation,) = (node for node in parse(text).definitions if isinstance(node, OperationDefinitionNode))
        assert operation.name
        names.append(operation.name.value)
        assert re.search(rf"\b{name}\b", code), name
    assert len(set(names)) == len(names)


def test_every_document_fits_the_schema(request):
    schema = build_schema((request.config.rootpath / "schema.graphql").read_text(encoding="utf-8"), assume_valid=True)
    found = {name: [error.message for error in validate(schema, parse(text))] for name, text in documents().items()}
    assert {name: messages for name, messages in found.items() if messages} == {}
