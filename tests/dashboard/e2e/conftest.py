"""The started product and Chromium. Every test here is marked `e2e`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from core.command import module_argv, start
from tests.dashboard.e2e.harness import (
    CHROMIUM,
    CHROMIUM_ARGUMENTS,
    Opener,
    Product,
    free_port,
    opener,
    printed_document,
    root_of,
    sign_in,
    stop,
)

expect.set_options(timeout=30_000)  # a machine may be busy; what comes sooner is not waited for


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark every test of this folder."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium; closed after each module, because Playwright keeps an event loop running."""
    if not Path(CHROMIUM).exists():
        pytest.fail(f"{CHROMIUM} is not installed; run: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(CHROMIUM_ARGUMENTS)
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Product]:
    """The whole product as `datahall up --demo` starts it, and a session signed in by its link."""
    home = tmp_path_factory.mktemp("hall")
    port = free_port()
    environment = {
        "DATAHALL_SAMPLER_PORT": str(free_port()),
        "DATAHALL_SERVING_PORT": str(free_port()),
        "OMP_NUM_THREADS": "1",
    }
    arguments = ("up", "--demo", "--no-browser", "--json", "--home", str(home / "home"))
    document = home / "up.json"
    with document.open("wb") as log:
        process = start(
            module_argv("dashboard", *arguments, "--port", str(port)),
            environment=environment,
            log=log,
            die_with_parent=True,
        )
    try:
        link = str(printed_document(document, process)["url"])
        yield Product(root=root_of(link), home=home / "home", cookies=sign_in(chromium, link))
    finally:
        stop(process)


@pytest.fixture
def open_page(chromium: Browser, product: Product) -> Iterator[Opener]:
    """Return a function that opens pages as a signed-in user; fails on any error in the browser."""
    yield from opener(chromium, product)
