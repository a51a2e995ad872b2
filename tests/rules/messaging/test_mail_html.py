"""HTML of strangers: nothing in it runs, nothing calls out, and what people wrote is still there."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.rules.messaging.mail_html import cleaned, open_elements, text_of_html, with_images

HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<svg><script>a</script></svg>",
    "<a href='javascript:alert(1)'>x</a>", "<a href=' java\tscript:alert(1)'>x</a>", "<a href='data:text/html,<script>'>x</a>",
    "<iframe src=http://e.cn></iframe>", "<object data=http://e.cn></object>", "<embed src=http://e.cn>",
    "<link rel=stylesheet href=http://e.cn>",
    "<style>@import 'http://e.cn'</style>", "<p style='background:url(http://e.cn)'>",
    "<p style='background-color:u\\72l(http://e.cn)'>",
    "<p style='color:expression(alert(1))'>", "<body background=http://e.cn>", "<table background=http://e.cn>", "<base href=http://e.cn>",
    "<meta http-equiv=refresh content='0;url=http://e.cn'>", "<form action=http://e.cn><input name=a><button>b</button></form>",
    "<video poster=http://e.cn src=http://e.cn>", "<audio src=http://e.cn>",
    "<img srcset='http://e.cn 2x'>",
    "<input type=image src=http://e.cn>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><img src=x onerror=alert(1)>-->", "<img src='http://e.cn/a' data-remote-src='http://e.cn/b'>",
    "<p data-attachment=1 id=x class=y name=z>",
    "<template><img src=x onerror=a></template>", "<a href='vbscript:x'>", "<img src='data:image/svg+xml;base64,AAAA'>",
    "<img src='http://e.cn/\" onerror=\"alert(1)'>", "<xmp><img src=x onerror=a></xmp>", "<plaintext><img src=http://e.cn>",
    "<p style='list-style-image:image(\"http://e.cn\")'>", "<img src=//e.cn/p.gif>", "<img src='cid:\"onerror=alert(1)'>",
]  # fmt: skip
FORBIDDEN = {
    "script", "style", "iframe", "object", "embed", "form", "input", "svg", "link", "meta", "base", "video", "template",
}  # fmt: skip


def harmless(html: str) -> None:
    """Looked at as a browser does: tags, their attributes, and what these name."""
    for tag, attributes in re.findall(r"<([a-z0-9]+)((?: [a-z-]+=\"[^\"]*\")*)>", html):
        assert tag not in FORBIDDEN
        for name, value in re.findall(r' ([a-z-]+)="([^"]*)"', attributes):
            assert not name.startswith("on")
            assert name not in {"background", "poster", "srcset", "action", "id", "class", "name"}
            if name == "src":
                assert value.startswith("data:image/")
                assert not value.startswith("data:image/svg")
            if name == "href":
                assert re.match(r"https?://|mailto:|tel:", value, re.IGNORECASE)
            if name == "style":
                assert not re.search(r"url|expression|\\|@", value, re.IGNORECASE)
    rest = re.sub(r"<(/?)([a-z0-9]+)(?: [a-z-]+=\"[^\"]*\")*>", "", html)
    assert "<" not in rest


@pytest.mark.parametrize("page", HOSTILE)
def test_nothing_runs_and_nothing_calls_out(page: str):
    found = cleaned(f"before {page} after", {})
    assert found is not None
    harmless(found.html)
    assert "before" in found.html
    harmless((cleaned(with_images(found.html), {}) or found).html)


@given(
    st.lists(
        st.sampled_from([*HOSTILE, "<b>", "</b>", "</p>", "'", '"', "<", ">", "&", "<!--", "-->", "]]>", "<table>", "</svg>"]),
        max_size=8,
    )
)
def test_nor_does_any_mixture(pieces: list[str]):
    found = cleaned("".join(pieces), {"a": "1"})
    assert found is not None
    harmless(found.html)


def test_remote_images_are_kept_back_and_counted():
    page = (
        '<p><img src="https://e.cn/p.gif?u=1&amp;v=2" alt="logo"><img src="//e.cn/q.png"><img src="data:image/png;base64,AA"></p>'
    )
    found = cleaned(page, {})
    assert found is not None
    assert found.remote_images == 2
    assert ' src="http' not in found.html
    assert 'data-remote-src="https://e.cn/p.gif?u=1&amp;v=2"' in found.html
    assert 'src="https://e.cn/p.gif?u=1&amp;v=2"' in with_images(found.html)
    assert "data-remote-src" not in with_images(found.html)
    assert with_images("<p>about data-remote-src=</p>") == "<p>about data-remote-src=</p>"


def test_pictures_name_their_attachment():
    found = cleaned('<img src="cid:pic@x"><img src="CID:none@x">', {"pic@x": "0189-id"})
    assert found is not None
    assert found.html == '<img data-attachment="0189-id"><img>'
    assert found.remote_images == 0


def test_what_people_wrote_is_still_there():
    page = '<h1 style="color:red;position:fixed">报价</h1><ul><li>a</li></ul><a href="https://e.cn/?a=1">看</a><table><tr><td>1</td></tr></table>'
    found = cleaned(page, {})
    assert found is not None
    assert 'style="color:red"' in found.html
    assert 'rel="noopener noreferrer nofollow"' in found.html
    assert 'target="_blank"' in found.html
    assert text_of_html(page) == "报价\n\na\n看\n1"
    assert text_of_html("a&lt;b&gt;<br>c&nbsp;d<title>t</title><style>x</style>") == "a<b>\nc d"


def test_what_would_take_the_cleaner_minutes_is_not_given_to_it():
    began = time.process_time()
    for page in ("<div>" * 200_000, "<div></x>" * 100_000, "<svg>" + "<td>" * 100_000, "<b>" * 100_000, "x" * 2_000_000):
        assert cleaned(page, {}) is None
        assert text_of_html(page) is None
    assert time.process_time() - began < 4
    assert open_elements("<p>a<p>b<li>c<td>d" * 1000 + "<br>" * 5000) == 0
    assert open_elements("<div><div></div></div><div>") == 2
