"""The console's page in a real browser, before anybody has signed in, and the pieces its parts are made of."""

from __future__ import annotations

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.console.browser import Tab

pytestmark = pytest.mark.slow


async def refuse(request: Request) -> Response:
    """An API that knows nobody."""
    assert "authorization" not in request.headers
    wrong = {"code": "INVALID", "message": "No.", "field": None}
    return JSONResponse({"data": {"signIn": {"token": None, "expiresAt": None, "user": None, "userErrors": [wrong]}}})


@pytest.fixture
async def tab(serve, tabs) -> Tab:
    opened = await tabs()
    await opened.goto(serve(Route("/graphql", refuse, methods=["POST"])))
    await opened.wait_for("document.body.dataset.ready")
    await opened.click("#sign-in [data-language=en]")
    return opened


async def reload(tab: Tab) -> None:
    await tab.evaluate("delete document.body.dataset.ready; location.reload()")
    await tab.wait_for("document.body?.dataset.ready")


async def test_the_sign_in_speaks_both_languages_and_remembers_which(tab):
    await tab.shows("#sign-in-submit", "Sign in")
    assert await tab.evaluate("document.documentElement.lang") == "en-GB"
    await tab.click("#sign-in [data-language=zh]")
    await tab.shows("#sign-in-submit", "登录")
    await reload(tab)
    await tab.shows("#sign-in-submit", "登录")
    assert await tab.evaluate("[document.documentElement.lang, document.title]") == ["zh-CN", "坐席工作台"]
    assert tab.errors == []


async def test_it_works_by_the_keyboard_alone(tab):
    await reload(tab)
    assert await tab.evaluate("document.activeElement.id") == "username"
    places = []
    for _ in range(4):
        await tab.press("Tab")
        places.append(await tab.evaluate("document.activeElement.id || document.activeElement.dataset.language"))
    assert places == ["password", "sign-in-submit", "zh", "en"]
    assert await tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


async def test_a_refusal_is_told_where_one_looks(tab):
    await tab.type("#username", "somebody")
    await tab.type("#password", "something")
    await tab.press("Enter")
    await tab.shows("#sign-in-error", "not right")
    assert await tab.evaluate("document.querySelector('#sign-in-error').getAttribute('role')") == "alert"
    assert await tab.evaluate("[sessionStorage.length, document.activeElement.id]") == [0, "password"]
    assert tab.errors == []


async def test_a_server_that_is_away_is_told(serve, tabs):
    tab = await tabs()
    await tab.goto(serve())
    await tab.wait_for("document.body.dataset.ready")
    await tab.click("#sign-in [data-language=en]")
    await tab.type("#username", "somebody")
    await tab.type("#password", "something")
    await tab.press("Enter")
    await tab.shows("#sign-in-error", "cannot be reached")


async def test_every_field_and_region_has_a_name(tab):
    nameless = """
      [...document.querySelectorAll('input, select, textarea, button, section, aside, [role=group]')].filter((one) =>
        !one.labels?.length && !one.ariaLabel && !one.ariaLabelledByElements?.length && !one.textContent.trim()
      ).map((one) => one.outerHTML)"""
    assert await tab.evaluate(nameless) == []
    named = "document.getElementById(one.getAttribute('aria-labelledby'))"
    lost = f"[...document.querySelectorAll('[aria-labelledby]')].filter((one) => !{named}).length"
    assert await tab.evaluate(lost) == 0


@pytest.mark.parametrize("width", [400, 800, 1280])
async def test_nothing_is_wider_than_the_screen(tab, width):
    await tab.look(width, 800)
    assert await tab.evaluate("document.documentElement.scrollWidth") <= width
    await tab.evaluate("(document.querySelector('#sign-in').hidden = true, document.querySelector('#console').hidden = false)")
    assert await tab.evaluate("document.documentElement.scrollWidth") <= width


async def test_no_script_but_ours_runs(tab):
    await tab.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.broken = 1'}))"
    )
    await tab.evaluate(
        "document.body.append(Object.assign(document.createElement('img'), {src: 'https://elsewhere.test/x.png'}))"
    )
    assert await tab.evaluate("window.broken ?? null") is None
    await tab.wait_for("true")
    assert any("Content Security Policy" in error for error in tab.errors)


async def test_data_is_text_whatever_it_says(tab):
    shown = await tab.evaluate("""
      import('/console/dom.js').then(({ el, fill }) => {
        const hostile = '<img src=x onerror="window.broken = 1">';
        const node = el('p', { title: hostile, text: hostile });
        document.body.append(node);
        fill(node, hostile, el('b', {}, hostile));
        return [node.textContent === hostile + hostile, node.querySelectorAll('img').length, node.title === hostile];
      })""")
    assert shown == [True, 0, True]
    assert await tab.evaluate("window.broken ?? null") is None


LIST = """
import('/console/dom.js').then(({ el, fill }) => {
  window.clicks = 0;
  const root = el('div', { id: 'list' });
  const click = () => { clicks += 1; };
  window.paint = (text) => fill(root, el('button', { id: 'in-list', text, data: { focus: 'one' }, on: { click } }));
  document.querySelector('#sign-in').prepend(root);
  paint('first');
})
"""


async def test_a_button_that_is_being_pressed_is_not_pulled_away(tab):
    await tab.evaluate(LIST)
    box = await tab.evaluate("(({x, y}) => ({x: x + 3, y: y + 3}))(document.querySelector('#in-list').getBoundingClientRect())")
    await tab.send("Input.dispatchMouseEvent", type="mousePressed", button="left", clickCount=1, **box)
    await tab.evaluate("paint('second')")
    assert await tab.text("#in-list") == "first"
    await tab.send("Input.dispatchMouseEvent", type="mouseReleased", button="left", clickCount=1, **box)
    await tab.wait_for("document.querySelector('#in-list').textContent === 'second'")
    assert await tab.evaluate("clicks") == 1


async def test_the_focus_stays_on_what_is_painted_again(tab):
    await tab.evaluate(LIST)
    await tab.evaluate("document.querySelector('#in-list').focus()")
    await tab.evaluate("paint('second')")
    assert await tab.evaluate("[document.activeElement.id, document.activeElement.textContent]") == ["in-list", "second"]
