"""Drive the started product in Chromium, and fail on any error in the browser."""

import json
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

from core.command import Process, wait
from core.errors import UnavailableError

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# Without these, Chromium contacts Google's hosts at every start.
CHROMIUM_ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
ARTEFACTS = Path(__file__).parents[3] / "artefacts"
DESKTOP, PHONE = (1440, 900), (390, 844)
START_S = 120.0
STOP_S = 30.0
SETTLE_S = 30.0
# streamlit#7074: a page opened by its own address requests these below that address first.
KNOWN_MISSING = re.compile(r"^/\w+/_stcore/(health|host-config)$")


@dataclass  # without slots: Playwright keeps its wrappers of the methods on the object
class Watch:
    """The errors of a page: console, scripts, requests to other hosts, error responses."""

    root: str
    errors: list[str] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        """Record the errors of a page."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(f"script: {error}"))
        page.on("request", self._request)
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        """Record an error message; the browser writes one for each error response, too."""
        path = urlsplit(message.location.get("url", "")).path
        if message.type == "error" and not KNOWN_MISSING.match(path):
            self.errors.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        """Record a request to another host."""
        parts = urlsplit(request.url)
        is_ours = parts.netloc == urlsplit(self.root).netloc or parts.scheme in ("data", "blob")
        if not is_ours:
            self.errors.append(f"request to {request.url}")

    def _response(self, response: Response) -> None:
        """Record an error response."""
        self.responses.append(response)
        if response.status >= 400 and not KNOWN_MISSING.match(urlsplit(response.url).path):
            self.errors.append(f"{response.status} {response.url}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A running Datahall: its address, its home folder, the cookies of a signed-in user."""

    root: str
    home: Path
    cookies: Any


Opener = Callable[..., Page]


def free_port() -> int:
    """Return an unused port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def opener(chromium: Browser, product: Product) -> Iterator[Opener]:
    """Yield `open(path, size=, scheme=)`; at the end, fail on recorded errors."""
    watch = Watch(product.root)
    contexts = []

    def open_one(
        path: str = "/", *, size: tuple[int, int] = DESKTOP, scheme: str = "light"
    ) -> Page:
        context = chromium.new_context(
            storage_state=product.cookies,
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
            accept_downloads=True,
        )
        contexts.append(context)
        page = context.new_page()
        watch.follow(page)
        page.goto(product.root + path)
        settle(page)
        return page

    open_one.watch = watch  # type: ignore[attr-defined]  # for tests that count requests
    yield open_one
    for context in contexts:
        context.close()
    assert watch.errors == []


def sign_in(chromium: Browser, link: str) -> Any:  # noqa: ANN401  (Playwright's own shape)
    """Return the cookies that a sign-in link gives."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(link)
    page.wait_for_url(root_of(link) + "/")
    state = context.storage_state()
    context.close()
    return state


def settle(page: Page) -> None:
    """Wait until the page is connected and its script has run."""
    page.wait_for_selector(
        "[data-testid=stApp][data-test-connection-state=CONNECTED]"
        "[data-test-script-state=notRunning]",
        timeout=SETTLE_S * 1000,
    )
    page.wait_for_selector("h1", timeout=SETTLE_S * 1000)


def save_screenshot(page: Page, name: str) -> Path:
    """Save a screenshot of the whole page in `artefacts/`."""
    ARTEFACTS.mkdir(exist_ok=True)
    size = page.viewport_size
    assert size is not None
    # The page scrolls inside Streamlit's own element: only a taller window shows all of it.
    height = page.evaluate("document.querySelector('[data-testid=stMain]')?.scrollHeight ?? 0")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], height)})
    page.wait_for_timeout(400)
    path = ARTEFACTS / f"{name}.png"
    page.screenshot(path=path)
    page.set_viewport_size(size)
    return path


def violations(page: Page) -> list[str]:
    """Return the findings of axe on a page: rule, impact, element."""
    report = Axe().run(page).response
    return [
        f"{rule['id']} ({rule['impact']}): {node['html']} {node.get('failureSummary', '')}"
        for rule in report["violations"]
        for node in rule["nodes"]
    ]


def stop(process: Process) -> None:
    """Terminate a process of this test run, and its children."""
    process.send_signal(signal.SIGTERM)
    if wait(process, STOP_S) is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def root_of(link: str) -> str:
    """Return scheme and authority of a link."""
    parts = urlsplit(link)
    return f"{parts.scheme}://{parts.netloc}"


def printed_document(path: Path, process: Process) -> dict[str, Any]:
    """Wait for the JSON document that a starting product prints, and return it."""
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        text = path.read_text(encoding="utf-8")
        first, last = text.find("{"), text.rfind("}")
        if 0 <= first < last:
            return dict(json.loads(text[first : last + 1]))
        time.sleep(0.1)
    message = f"the product did not start: {path.read_text(encoding='utf-8')}"
    raise UnavailableError(message)


def await_answer(root: str, process: Process, log: Path) -> float:
    """Wait until a starting server answers; returns the seconds that it took."""
    began = time.monotonic()
    while process.poll() is None and time.monotonic() < began + START_S:
        try:
            if httpx.get(f"{root}/healthz", timeout=1.0).status_code == httpx.codes.OK:
                return time.monotonic() - began
        except httpx.HTTPError:
            time.sleep(0.05)
    message = f"the server did not start: {log.read_text(encoding='utf-8')}"
    raise UnavailableError(message)
