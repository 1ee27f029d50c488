"""How long it takes from starting Datahall to a number on the Overview, in Chromium.

The home was up before, as on every morning but the first: databases are migrated and hold samples.
The clock runs from the start of `datahall up` until the first chart's legend shows a digit; the
browser is open already and follows the link as soon as it is printed. Then the page is loaded once
more. Bytes and requests are those of the first load: bodies as they were transferred; the redirect
that takes the token out of the address is not counted.

Run: python -P benchmarks/overview.py
"""

import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, Response, sync_playwright

from core.command import Process, module_argv, start, wait

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# Without these, Chromium looks for Google's hosts at every start.
CHROMIUM_ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
STOP_S = 30.0
PATIENCE_MS = 120_000
HAS_DIGIT = r"""() => [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')].some(
    (host) => /\d/.test(host.shadowRoot?.querySelector('.legend b')?.textContent ?? ''))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number and the most that it may be."""

    name: str
    value: float
    most: float
    unit: str

    @property
    def is_reached(self) -> bool:
        """Whether it is within its target."""
        return self.value <= self.most


def measure() -> tuple[Figure, ...]:
    """Bring a home up once, then measure the second time."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(CHROMIUM_ARGUMENTS)
        )
        with _up(Path(folder)) as link:
            _open(browser, link, [])
        answers: list[Response] = []
        began = time.monotonic()
        with _up(Path(folder)) as link:
            page = _open(browser, link, answers)
            first_s = time.monotonic() - began
            num_bytes = sum(answer.request.sizes()["responseBodySize"] for answer in answers)
            num_requests = sum(answer.ok for answer in answers)
            began = time.monotonic()
            page.reload()
            page.wait_for_function(HAS_DIGIT, timeout=PATIENCE_MS)
            reload_s = time.monotonic() - began
        browser.close()
    return (
        Figure(name="start to first number", value=first_s, most=7.0, unit="s"),
        Figure(name="reload to first number", value=reload_s, most=1.5, unit="s"),
        Figure(name="transferred", value=num_bytes / 1e6, most=3.0, unit="MB"),
        Figure(name="requests", value=num_requests, most=80, unit=""),
    )


@contextmanager
def _up(folder: Path) -> Iterator[str]:
    """Run `datahall up` on a home and give its link."""
    ports = {name: str(_free_port()) for name in ("WEB", "SERVING", "SAMPLER")}
    process = start(
        module_argv("dashboard", "up", "--no-browser", "--json", "--home", str(folder / "home")),
        environment={f"DATAHALL_{name}_PORT": port for name, port in ports.items()},
        die_with_parent=True,
        capture=True,
    )
    try:
        yield _link(process)
    finally:
        process.terminate()
        if wait(process, STOP_S) is None:
            process.kill()
            process.wait()


def _link(process: Process) -> str:
    """Return the link that a starting product prints."""
    text = b""
    for line in process.stdout or ():
        text += line
        if line == b"}\n":
            return str(json.loads(text)["url"])
    said = process.stderr.read() if process.stderr else b""
    sys.exit(f"datahall up ended: {said.decode()}")


def _open(browser: Browser, link: str, answers: list[Response]) -> Page:
    """Follow a link in a browser that has seen nothing yet, until a legend shows a digit."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108  (Playwright marks it)
    page.goto(link)
    page.wait_for_function(HAS_DIGIT, timeout=PATIENCE_MS)
    return page


def _free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    """Print the table; return 1 when a target is missed."""
    figures = measure()
    print(f"Overview at 1440 x 900, {os.cpu_count()} cores")
    for figure in figures:
        verdict = "reached" if figure.is_reached else "MISSED"
        print(
            f"{figure.name:24} {figure.value:6.2f} {figure.unit:3} "
            f"target: at most {figure.most:g} {figure.unit}: {verdict}"
        )
    return 0 if all(figure.is_reached for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
