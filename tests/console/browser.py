"""A real browser for tests: Debian's Chromium without a window, spoken to in the DevTools protocol.

`Browser` is the process, `Tab` a page in a context of its own (its own storage, so two tabs are two people).
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
    "--no-default-browser-check", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-extensions", "--mute-audio", "--hide-scrollbars", "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows", "--autoplay-policy=user-gesture-required",
    "--remote-debugging-port=0",
]  # fmt: skip
LONGEST_INSTALL = 300
LONGEST_START = 60
LARGEST_FRAME = 2**26
KEYS = {"Enter": (13, "\r"), "Tab": (9, ""), "Escape": (27, ""), "ArrowDown": (40, ""), " ": (32, " ")}


class NoBrowser(Exception):
    """There is none here, and why none could be had."""


def found() -> str | None:
    """The path of a Chromium, if there is one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def install() -> str:
    """Have Debian's Chromium installed where we may; the path of it."""
    if os.geteuid() != 0 or not Path("/etc/debian_version").exists() or not shutil.which("apt-get"):
        raise NoBrowser(f"none of {', '.join(NAMES)} is installed")
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    waiting = ["-o", f"DPkg::Lock::Timeout={LONGEST_INSTALL}"]
    fresh = any(Path("/var/lib/apt/lists").glob("*_Packages*"))
    try:
        for words in ([] if fresh else [["update"]]) + [["install", "-y", "--no-install-recommends", "chromium"]]:
            command = ["apt-get", *waiting, *words]
            subprocess.run(command, env=quiet, capture_output=True, timeout=LONGEST_INSTALL, check=True)
    except (subprocess.SubprocessError, OSError) as error:
        raise NoBrowser(f"no Chromium is installed, and apt-get could not install one: {type(error).__name__}") from error
    path = found()
    if path is None:
        raise NoBrowser("apt-get installed a Chromium that is not on the PATH")
    return path


class Browser:
    """The process and the one socket to it; answers are told apart by their number, events by their session."""

    def __init__(self, path: str) -> None:
        self.profile = Path(tempfile.mkdtemp(prefix="crm-browser-"))
        self.process = subprocess.Popen(
            [path, *FLAGS, f"--user-data-dir={self.profile}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self.numbers = itertools.count(1)
        self.answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.tabs: dict[str, Tab] = {}
        self.socket: ClientConnection | None = None
        self.reader: asyncio.Task[None] | None = None

    async def open(self) -> Browser:
        self.socket = await connect(await self._address(), max_size=LARGEST_FRAME, open_timeout=LONGEST_START)
        self.reader = asyncio.create_task(self._read())
        return self

    async def _address(self) -> str:
        """Chromium writes its port and path into its profile when it listens."""
        told = self.profile / "DevToolsActivePort"
        for _ in range(LONGEST_START * 20):
            with suppress(OSError, ValueError):
                port, path = told.read_text().splitlines()
                return f"ws://127.0.0.1:{port}{path}"
            if self.process.poll() is not None:
                raise NoBrowser(f"Chromium ended at its start with {self.process.returncode}")
            await asyncio.sleep(0.05)
        raise NoBrowser("Chromium does not start")

    async def _read(self) -> None:
        assert self.socket
        with suppress(ConnectionClosed):
            async for text in self.socket:
                message = json.loads(text)
                if "id" in message:
                    answer = self.answers.pop(message["id"], None)
                    if answer and not answer.done():
                        answer.set_result(message)
                elif tab := self.tabs.get(message.get("sessionId", "")):
                    tab.hear(message["method"], message["params"])

    async def send(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """One command and its answer."""
        assert self.socket
        number = next(self.numbers)
        answer = self.answers[number] = asyncio.get_running_loop().create_future()
        await self.socket.send(
            json.dumps({"id": number, "method": method, "params": params} | ({"sessionId": session} if session else {}))
        )
        message = await asyncio.wait_for(answer, LONGEST_START)
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        result: dict[str, Any] = message["result"]
        return result

    async def tab(self) -> Tab:
        """A page of somebody who was never here before."""
        context = (await self.send("Target.createBrowserContext"))["browserContextId"]
        target = (await self.send("Target.createTarget", url="about:blank", browserContextId=context))["targetId"]
        session = (await self.send("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        tab = self.tabs[session] = Tab(self, context, session)
        for domain in ("Page", "Runtime", "Network", "Log"):
            await tab.send(f"{domain}.enable")
        return tab

    async def close(self) -> None:
        if self.socket:
            await self.socket.close()
        if self.reader:
            await self.reader
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


class Tab:
    """One page: look at it, type into it, cut its network. `errors` are the exceptions and errors its console was told."""

    def __init__(self, browser: Browser, context: str, session: str) -> None:
        self.browser, self.context, self.session = browser, context, session
        self.errors: list[str] = []
        self.failed: list[str] = []
        self.sockets = 0

    async def send(self, method: str, **params: Any) -> dict[str, Any]:
        return await self.browser.send(method, self.session, **params)

    def hear(self, method: str, params: dict[str, Any]) -> None:
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.errors.append(str(details.get("exception", {}).get("description", details["text"])))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
            self.errors.append(" ".join(str(one.get("value", one.get("description"))) for one in params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            # A network that is away is told too, and is often meant to be: such lines stand apart.
            kept = self.failed if params["entry"]["source"] == "network" else self.errors
            kept.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
        elif method == "Network.webSocketCreated":
            self.sockets += 1

    async def goto(self, url: str) -> None:
        await self.send("Page.navigate", url=url)
        await self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'")

    async def evaluate(self, expression: str) -> Any:
        """The value of an expression; of a promise, what it comes to."""
        answer = await self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise AssertionError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    async def wait_for(self, expression: str, timeout: float = 15) -> Any:
        """Wait until the expression is true; its value. While a page loads there may be nothing to ask: that is not yet true."""
        end = asyncio.get_running_loop().time() + timeout
        problem: Exception | None = None
        while asyncio.get_running_loop().time() < end:
            try:
                if value := await self.evaluate(expression):
                    return value
                problem = None
            except (AssertionError, RuntimeError) as error:
                problem = error
            await asyncio.sleep(0.03)
        raise AssertionError(f"not within {timeout} s: {expression} {problem or ''}")

    async def text(self, selector: str) -> str:
        """What can be read there; empty where there is nothing."""
        return str(await self.evaluate(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    async def shows(self, selector: str, text: str = "", timeout: float = 15) -> None:
        """Wait until an element of this selector is on the screen, with this text in it."""
        words = f"one => one.checkVisibility() && one.textContent.includes({json.dumps(text)})"
        await self.wait_for(f"[...document.querySelectorAll({json.dumps(selector)})].some({words})", timeout)

    async def hides(self, selector: str, timeout: float = 15) -> None:
        """Wait until no element of this selector is on the screen."""
        words = f"[...document.querySelectorAll({json.dumps(selector)})].some(one => one.checkVisibility())"
        await self.wait_for(f"!{words}", timeout)

    async def click(self, selector: str) -> None:
        """Press the left button in the middle of it, as a person would: something in front of it takes the click instead."""
        await self.shows(selector)
        place, before = await self._place(selector), None
        while place != before:  # what still moves would be missed
            await asyncio.sleep(0.05)
            place, before = await self._place(selector), place
        for kind in ("mousePressed", "mouseReleased"):
            await self.send("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    async def _place(self, selector: str) -> Any:
        """Where the middle of it is, once it has been scrolled into view."""
        return await self.evaluate(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)});"
            " one.scrollIntoView({block: 'center', behavior: 'instant'}); const box = one.getBoundingClientRect();"
            " return {x: box.x + box.width / 2, y: box.y + box.height / 2}; })()"
        )

    async def type(self, selector: str, text: str) -> None:
        """Put the focus there and write, in place of what was there."""
        await self.shows(selector)
        await self.evaluate(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)}); one.focus(); one.select?.(); }})()"
        )
        await self.send("Input.insertText", text=text)

    async def choose(self, selector: str, value: str) -> None:
        """Choose an option of a select."""
        await self.wait_for(
            f"[...document.querySelector({json.dumps(selector)}).options].some(one => one.value === {json.dumps(value)})"
        )
        await self.evaluate(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)}); one.value = {json.dumps(value)};"
            " one.dispatchEvent(new Event('change', {bubbles: true})); })()"
        )

    async def press(self, key: str) -> None:
        """A key where the focus is."""
        code, text = KEYS[key]
        names = {"key": key, "code": key.strip() or "Space", "windowsVirtualKeyCode": code}
        await self.send("Input.dispatchKeyEvent", type="keyDown", **names, **({"text": text} if text else {}))
        await self.send("Input.dispatchKeyEvent", type="keyUp", **names)

    async def set_offline(self, offline: bool) -> None:
        """Cut the page's network, or give it back."""
        await self.send(
            "Network.emulateNetworkConditions", offline=offline, latency=0, downloadThroughput=-1, uploadThroughput=-1
        )

    async def look(self, width: int = 1280, height: int = 900, *, dark: bool = False) -> None:
        """The size of the screen, and whether the person likes it dark."""
        await self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.send("Emulation.setEmulatedMedia", features=[scheme])

    async def screenshot(self, path: Path) -> None:
        picture = await self.send("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(picture["data"]))

    async def close(self) -> None:
        self.browser.tabs.pop(self.session, None)
        await self.browser.send("Target.disposeBrowserContext", browserContextId=self.context)
