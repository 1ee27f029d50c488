"""Time from the start of Datahall to the first value on the Overview page, in Chromium.

The home folder was used before, so its databases are migrated and hold samples. The time runs from
the start of `datahall up` until the legend of the first chart shows a digit; the browser is already
open and follows the link as soon as it is printed. Then the page is reloaded. Bytes and requests
are those of the first load: response bodies as transferred, without the redirect that removes the
token from the address.

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
# Without these options Chromium contacts Google's hosts at each start.
CHROMIUM_ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
STOP_S = 30.0
TIMEOUT_MS = 120_000
HAS_DIGIT = r"""() => [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')].some(
    (host) => /\d/.test(host.shadowRoot?.querySelector('.legend b')?.textContent ?? ''))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A measured value and its upper limit."""

    name: str
    value: float
    most: float
    unit: str

    @property
    def is_reached(self) -> bool:
        """Whether it is within its target."""
        return self.value <= self.most


def measure() -> tuple[Figure, ...]:
    """Start a home folder once, then measure the second start."""
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
            page.wait_for_function(HAS_DIGIT, timeout=TIMEOUT_MS)
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
    """Run `datahall up` on a home folder and yield its sign-in link."""
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
    """Return the sign-in link that `datahall up --json` prints."""
    text = b""
    for line in process.stdout or ():
        text += line
        if line == b"}\n":
            return str(json.loads(text)["url"])
    errors = process.stderr.read() if process.stderr else b""
    sys.exit(f"datahall up ended: {errors.decode()}")


def _open(browser: Browser, link: str, answers: list[Response]) -> Page:
    """Open the link in a browser with an empty cache and wait until a legend shows a digit."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108  (Playwright marks it)
    page.goto(link)
    page.wait_for_function(HAS_DIGIT, timeout=TIMEOUT_MS)
    return page


def _free_port() -> int:
    """Return an unused TCP port."""
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
