"""The HTML of a message as it may be shown: nothing in it runs, and nothing calls out.

Remote images are kept under another attribute, which whoever reads the message may have turned back; pictures that came with it
name their attachment. The text of a message that has only HTML is read from the same.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

import nh3

LONGEST = 1024 * 1024
MOST_OPEN = 500
"""Elements within elements. The cleaner takes time by their square: 100,000 would be a minute."""
REMOTE = "data-remote-src"
ATTACHMENT = "data-attachment"

_TAGS = {
    "a", "abbr", "address", "article", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite", "code", "col",
    "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4",
    "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp",
    "section", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt",
    "u", "ul", "var", "wbr",
}  # fmt: skip
_GONE = {
    "script", "style", "title", "template", "iframe", "object", "embed", "applet", "audio", "video", "svg", "math", "noscript",
    "textarea", "select", "xmp", "noembed", "noframes", "plaintext",
}  # fmt: skip
_SIZED = {"align", "valign", "width", "height", "bgcolor"}
_ATTRIBUTES = {
    "*": {"style", "dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "align", "border"},
    "font": {"color", "face", "size"},
    "table": {*_SIZED, "border", "cellpadding", "cellspacing", "summary"},
    "td": {*_SIZED, "colspan", "rowspan", "nowrap"},
    "th": {*_SIZED, "colspan", "rowspan", "nowrap"},
    **dict.fromkeys(("tr", "tbody", "thead", "tfoot", "col", "colgroup", "div", "p", "hr"), _SIZED),
    "ol": {"start", "type"},
}
_STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left", "border-radius",
    "border-right", "border-spacing", "border-style", "border-top", "border-width", "color", "direction", "font", "font-family",
    "font-size", "font-style", "font-weight", "height", "letter-spacing", "line-height", "list-style-type", "margin",
    "margin-bottom", "margin-left", "margin-right", "margin-top", "max-width", "min-width", "padding", "padding-bottom",
    "padding-left", "padding-right", "padding-top", "text-align", "text-decoration", "text-indent", "text-transform",
    "vertical-align", "white-space", "width", "word-break", "word-wrap",
}  # fmt: skip
_CALLS = re.compile(r"url|image|src|expression|@|\\|var\s*\(|env\s*\(|attr\s*\(|<", re.IGNORECASE)
_LINK = re.compile(r"\s*(https?://|mailto:|tel:)", re.IGNORECASE)
_PICTURE = re.compile(r"\s*(https?://|//|cid:|data:image/(png|jpe?g|gif|webp|bmp);base64,)", re.IGNORECASE)
_IMG = re.compile(r'<img((?: [a-z-]+="[^"]*")*)>')
_SRC = re.compile(r' src="([^"]*)"')
_OWN, _HELD = (re.compile(f' {name}="([^"]*)"') for name in (ATTACHMENT, REMOTE))
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,40})")
_CLOSED_BY_ITSELF = {"p", "li", "dd", "dt"}
_IN_TABLES = {"td", "th", "tr", "tbody", "thead", "tfoot", "option", "colgroup"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
_BREAK = re.compile(r"<br>")
_BLOCK = re.compile(r"</?(?:div|tr|li|table|tbody|hr)\b[^>]*>")
_PARAGRAPH = re.compile(r"</?(?:p|h[1-6]|blockquote)\b[^>]*>")
_BOUNDS = re.compile("[ \x01\x02]*[\x01\x02][ \x01\x02]*")
_CELL = re.compile(r"</t[dh]>")
_ANY_TAG = re.compile(r"<[^>]*>")
_TEXT_TAGS = {"br", "p", "div", "tr", "table", "tbody", "td", "th", "li", "hr", "blockquote", *(f"h{n}" for n in range(1, 7))}


@dataclass(frozen=True, slots=True)
class Cleaned:
    """HTML that may be shown, and how many remote images it would load."""

    html: str
    remote_images: int


def cleaned(source: str, attachments: Mapping[str, str]) -> Cleaned | None:
    """Of attachments, Content-ID → what the picture is to be called. None where it is too much to be cleaned."""
    if len(source) > LONGEST or open_elements(source) > MOST_OPEN:
        return None
    safe = nh3.clean(
        source, tags=_TAGS, clean_content_tags=_GONE, attributes=_ATTRIBUTES, attribute_filter=_filtered,
        filter_style_properties=_STYLES, url_schemes={"http", "https", "mailto", "tel", "cid", "data"}, strip_comments=True,
        link_rel="noopener noreferrer nofollow", set_tag_attribute_values={"a": {"target": "_blank"}},
    )  # fmt: skip
    remote = 0

    def held(match: re.Match[str]) -> str:
        nonlocal remote
        src = _SRC.search(match.group(1))
        if src is None:
            return match.group()
        called = html.unescape(src.group(1)).strip()
        rest = match.group(1).replace(src.group(), "", 1)
        if called[:4].lower() == "cid:":
            known = attachments.get(called[4:])
            return f'<img{rest} {ATTACHMENT}="{html.escape(known)}">' if known else f"<img{rest}>"
        if called[:5].lower() == "data:":
            return match.group()
        remote += 1
        return f'<img{rest} {REMOTE}="{src.group(1)}">'

    return Cleaned(_IMG.sub(held, safe), remote)


def with_images(safe: str) -> str:
    """The same with its remote images, for whoever wants them."""

    def shown(match: re.Match[str]) -> str:
        return match.group().replace(f' {REMOTE}="', ' src="')

    return _IMG.sub(shown, safe)


def quotable(safe: str, pictures: Mapping[str, str], *, remote: bool) -> str:
    """The same as it may go out again.

    Pictures that go along, attachment → Content-ID, are named by that; no other name of ours leaves. Remote ones are named again
    where they were allowed: whoever writes below what is quoted would load them.
    """
    gone_along = {f"cid:{name}" for name in pictures.values()}

    def shown(match: re.Match[str]) -> str:
        own, held = _OWN.search(match.group(1)), _HELD.search(match.group(1))
        source = _SRC.search(match.group(1))
        rest = _OWN.sub("", _HELD.sub("", match.group(1)))
        if source is not None and source.group(1)[:4].lower() == "cid:" and html.unescape(source.group(1)) not in gone_along:
            rest = rest.replace(source.group(), "", 1)
        if own is not None and own.group(1) in pictures:
            rest += f' src="cid:{html.escape(pictures[own.group(1)])}"'
        elif held is not None and remote:
            rest += f' src="{held.group(1)}"'
        return f"<img{rest}>"

    return _IMG.sub(shown, safe)


def shown_pictures(safe: str) -> tuple[set[str], set[str]]:
    """Which pictures of its own HTML shows: by their attachments, as it came in, and by Content-ID, as we wrote it."""
    images = [match.group(1) for match in _IMG.finditer(safe)]
    sources = {html.unescape(found.group(1)) for each in images if (found := _SRC.search(each))}
    own = {found.group(1) for each in images if (found := _OWN.search(each))}
    return own, {each[4:] for each in sources if each[:4].lower() == "cid:"}


def text_of_html(source: str) -> str | None:
    """What it says, line by line."""
    if len(source) > LONGEST or open_elements(source) > MOST_OPEN:
        return None
    plain = nh3.clean(source, tags=_TEXT_TAGS, clean_content_tags=_GONE, attributes={}, strip_comments=True)
    plain = _CELL.sub(" ", re.sub(r"[\s\x01\x02]+", " ", plain))
    # Elements that begin and end a line do so once, however many of them stand together.
    plain = _PARAGRAPH.sub("\x02", _BLOCK.sub("\x01", _BREAK.sub("\n", plain)))
    plain = _BOUNDS.sub(lambda match: "\n\n" if "\x02" in match.group() else "\n", plain)
    lines = html.unescape(_ANY_TAG.sub("", plain)).replace("\xa0", " ").split("\n")
    text = "\n".join(" ".join(line.split()) for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def open_elements(source: str) -> int:
    """At most so many elements are open at once. Counted by names: an end that ends nothing takes nothing away."""
    foreign = "<svg" in source.lower() or "<math" in source.lower()
    uncounted = _VOID if foreign else _VOID | _CLOSED_BY_ITSELF | _IN_TABLES
    open_now: dict[str, int] = {}
    now = most = 0
    for match in _TAG.finditer(source):
        name = match.group(2).lower()
        if name in uncounted:
            continue
        if not match.group(1):
            open_now[name] = open_now.get(name, 0) + 1
            now += 1
            most = max(most, now)
        elif open_now.get(name, 0):
            open_now[name] -= 1
            now -= 1
    return most


def _filtered(tag: str, name: str, value: str) -> str | None:
    if name == "style":
        return None if _CALLS.search(value) else value
    if name == "href":
        return value.strip() if _LINK.match(value) else None
    if name == "src":
        if not _PICTURE.match(value):
            return None
        value = value.strip()
        return f"https:{value}" if value.startswith("//") else value
    return value if tag else None
