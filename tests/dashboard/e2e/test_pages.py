"""Each page of the started product: errors, accessibility, size."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from core.settings import Settings
from dashboard.server.gate.sign_in import issue_token
from tests.dashboard.e2e.harness import (
    DESKTOP,
    PHONE,
    Opener,
    Product,
    Watch,
    save_screenshot,
    settle,
    violations,
)

PAGES = ("overview", "devices", "data", "training", "models", "translate", "backups", "settings")
MOST_BYTES = 3_000_000
MOST_REQUESTS = 80
# What axe finds and Streamlit draws: (rule, part of the element), each with its reason.
UPSTREAM = (
    # The area that files are dropped on names itself; its button can be reached and is labelled.
    ("presentation-role-conflict", "stFileUploaderDropzone"),
)


def path_of(name: str) -> str:
    """Return the path of a page; that of the Overview is `/`."""
    return "/" if name == "overview" else f"/{name}"


def ours(found: list[str]) -> list[str]:
    """Return the findings that are not caused by Streamlit."""
    return [
        finding
        for finding in found
        if not any(finding.startswith(rule) and part in finding for rule, part in UPSTREAM)
    ]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_by_its_own_address(open_page: Opener, name: str) -> None:
    page = open_page(path_of(name))

    expect(page.get_by_role("heading", level=1)).to_have_text(name.capitalize())
    expect(page).to_have_title(re.compile(f"{name.capitalize()} · Datahall"))
    expect(page.get_by_test_id("stException")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_that_we_cause(open_page: Opener, name: str, scheme: str) -> None:
    page = open_page(path_of(name) + "?live=false", scheme=scheme)
    page.wait_for_timeout(1500)
    save_screenshot(page, f"{name}-desktop-{scheme}")

    assert ours(violations(page)) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "button"),
    [("training", "New training run"), ("data", "Import text"), ("data", "Delete")],
)
def test_axe_finds_nothing_in_an_open_dialog(
    open_page: Opener, name: str, button: str, scheme: str
) -> None:
    page = open_page(path_of(name) + "?live=false", scheme=scheme)
    page.get_by_role("button", name=button).first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.wait_for_timeout(1500)
    save_screenshot(page, f"dialog-{button.lower().replace(' ', '-')}-{scheme}")

    assert ours(violations(page)) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone(open_page: Opener, name: str, scheme: str) -> None:
    page = open_page(path_of(name) + "?live=false", size=PHONE, scheme=scheme)
    page.wait_for_timeout(1000)
    save_screenshot(page, f"{name}-phone-{scheme}")

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_range_and_live_are_kept_from_page_to_page(open_page: Opener) -> None:
    page = open_page("/?range=1h&live=false")
    for name in ("Devices", "Data", "Overview"):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        settle(page)

    expect(page.get_by_role("radio", name="1h")).to_be_checked()
    expect(page.get_by_role("switch", name="Live")).not_to_be_checked()
    assert "range=1h" in page.url
    assert "live=false" in page.url


def test_the_overview_loads_few_bytes_and_requests(chromium: Browser, product: Product) -> None:
    watch = Watch(product.root)
    context = chromium.new_context(
        storage_state=product.cookies, viewport={"width": DESKTOP[0], "height": DESKTOP[1]}
    )
    page = context.new_page()
    watch.follow(page)
    seconds = useful_after(page, product.root + "/")
    sizes = {
        response.url: response.request.sizes()["responseBodySize"]
        for response in list(watch.responses)
    }
    warm = useful_after(page, product.root + "/")
    context.close()

    print(  # noqa: T201  (figures for the developer: pytest -s)
        f"Overview: {sum(sizes.values()) / 1e6:.2f} MB, {len(sizes)} requests, "
        f"useful after {seconds:.1f} s cold and {warm:.1f} s warm"
    )
    assert sum(sizes.values()) <= MOST_BYTES
    assert len(sizes) <= MOST_REQUESTS, "\n".join(sizes)


def useful_after(page: Page, url: str) -> float:
    """Return the seconds from navigation until the Overview shows values in its charts."""
    page.goto(url)
    page.wait_for_selector("canvas")
    page.wait_for_function(
        """() => [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')].some(
            (host) => /\\d/.test(host.shadowRoot.querySelector('.legend b')?.textContent ?? ''))"""
    )
    return float(page.evaluate("performance.now()")) / 1000


def test_the_content_security_policy_blocks_injected_scripts(open_page: Opener) -> None:
    page = open_page("/")
    watch: Watch = open_page.watch  # type: ignore[attr-defined]
    first = next(answer for answer in watch.responses if answer.url.rstrip("/") == watch.root)
    policy = first.headers["content-security-policy"]

    assert "script-src 'self' 'sha256-" in policy
    assert "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy
    blocked = page.evaluate(
        """() => new Promise((resolve) => {
            document.addEventListener('securitypolicyviolation', () => resolve(true))
            const script = document.createElement('script')
            script.textContent = 'window.injected = true'
            document.body.append(script)
            setTimeout(() => resolve(Boolean(window.injected) === false), 300)
        })"""
    )
    assert blocked
    # The browser reports the script that this test injected, as it should.
    assert all("violates" in error for error in watch.errors)
    watch.errors.clear()


def test_a_visitor_who_is_not_signed_in_sees_the_form(chromium: Browser, product: Product) -> None:
    context = chromium.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(product.root + "/training")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    found = violations(page)
    save_screenshot(page, "sign-in-dark")
    context.close()

    assert found == []


def test_signing_out_closes_an_open_page(chromium: Browser, product: Product) -> None:
    token = issue_token(Settings(home=product.home).paths)
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{product.root}/?token={token}")
    settle(page)
    other = context.new_page()
    other.goto(product.root + "/sign-out")
    expect(other.get_by_role("heading", level=1)).to_have_text("Signed out")

    page.wait_for_selector("[data-test-connection-state=CONNECTED]", state="detached")
    page.goto(product.root)

    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    context.close()
