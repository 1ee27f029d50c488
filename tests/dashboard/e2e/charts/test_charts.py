"""The live charts in Chromium."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.e2e.harness import DESKTOP, PHONE, Opener, Watch, save_screenshot, violations

POLL_MS = 2_500


def plot(page: Page, title: str) -> tuple[float, float, float, float]:
    """Return left, top, width and height of a panel's plotting area."""
    box = page.get_by_role("figure").filter(has_text=title).locator(".u-over").bounding_box()
    assert box is not None
    return box["x"], box["y"], box["width"], box["height"]


def point_at(page: Page, title: str, share: float) -> None:
    """Move the mouse over a panel, at `share` of its width."""
    left, top, width, height = plot(page, title)
    page.mouse.move(left + width * share, top + height / 2)


def places(page: Page) -> list[str]:
    """Return the inspected position that each panel shows."""
    return page.locator(".place").all_text_contents()[:4]


def polls(watch: Watch) -> int:
    """Return the number of polls so far."""
    return sum("/api/telemetry" in response.url for response in watch.responses)


def wait_for_polls(page: Page, watch: Watch, number: int) -> None:
    """Wait for that number of polls; a busy machine may take long."""
    for _ in range(600):
        if polls(watch) >= number:
            return
        page.wait_for_timeout(50)
    pytest.fail(f"the charts polled only {polls(watch)} times")


def test_every_panel_shows_its_newest_values(open_charts: Opener) -> None:
    page = open_charts()

    expect(
        page.get_by_role("img", name=re.compile(r"Memory\. Newest.*GPU 0 40 GB"))
    ).to_be_visible()
    expect(page.get_by_role("img", name=re.compile(r"CPU\. Newest.*busy \d+ %"))).to_be_visible()
    expect(page.get_by_text("No samples in this range.")).to_have_count(1)
    save_screenshot(page, "charts-desktop-light")


def test_crosshair_and_zoom_are_shared_and_survive_new_points(open_charts: Opener) -> None:
    page = open_charts()
    expect(page.get_by_role("figure").first).to_be_visible()
    page.wait_for_timeout(POLL_MS)
    left, top, width, _ = plot(page, "Utilisation")
    page.mouse.move(left + 0.3 * width, top + 40)
    page.mouse.down()
    page.mouse.move(left + 0.6 * width, top + 40, steps=4)
    page.mouse.up()
    reset = page.get_by_role("button", name="Reset zoom").first
    expect(reset).to_be_visible()
    point_at(page, "Power", 0.5)
    place = page.locator(".place").first
    expect(place).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    seen = places(page)
    save_screenshot(page, "charts-zoomed")

    page.wait_for_timeout(2 * POLL_MS)

    assert places(page) == seen
    assert len(set(seen)) == 1
    reset.click()
    point_at(page, "Power", 0.5)
    expect(place).not_to_have_text(seen[0])
    expect(reset).to_be_hidden()


def test_charts_poll_once_a_second_without_a_rerun_of_the_page(open_charts: Opener) -> None:
    page = open_charts()
    frames: list[int] = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda data: frames.append(len(data))),
    )
    page.reload()
    page.wait_for_selector("canvas")
    watch: Watch = open_charts.watch  # type: ignore[attr-defined]
    page.wait_for_timeout(1500)
    before, num_frames = polls(watch), len(frames)

    page.wait_for_timeout(4000)

    assert 1 <= polls(watch) - before <= 5
    # The badge of the header refreshes itself every five seconds: a few messages.
    assert len(frames) - num_frames <= 8


def test_a_hidden_tab_does_not_poll_and_catches_up_at_once(open_charts: Opener) -> None:
    page = open_charts()
    page.wait_for_selector("canvas")
    page.wait_for_timeout(1500)
    watch: Watch = open_charts.watch  # type: ignore[attr-defined]
    hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true})"
    page.evaluate(hide % "true")
    page.wait_for_timeout(1500)
    before = polls(watch)
    page.wait_for_timeout(3000)
    assert polls(watch) == before

    page.evaluate(hide % "false" + "; document.dispatchEvent(new Event('visibilitychange'))")
    wait_for_polls(page, watch, before + 1)


def test_live_off_stops_the_charts_and_is_in_the_address(open_charts: Opener) -> None:
    page = open_charts("/?live=false&range=5m")
    page.wait_for_selector("canvas")
    page.wait_for_timeout(1000)
    watch: Watch = open_charts.watch  # type: ignore[attr-defined]
    before = polls(watch)
    page.wait_for_timeout(3000)
    assert polls(watch) == before

    page.get_by_text("Live", exact=True).click()
    wait_for_polls(page, watch, before + 2)
    assert "live" not in page.url
    assert "range=5m" in page.url


def test_a_range_is_kept_in_the_address_and_redraws(open_charts: Opener) -> None:
    page = open_charts()
    page.get_by_role("radio", name="6h").or_(page.get_by_text("6h", exact=True)).first.click()
    page.wait_for_timeout(2500)

    assert "range=6h" in page.url
    save_screenshot(page, "charts-six-hours")


def test_data_can_be_read_as_a_table_with_gaps(open_charts: Opener) -> None:
    page = open_charts()
    page.get_by_role("button", name="Show data of Memory").click()
    table = page.get_by_role("region", name="Data of Memory").get_by_role("table")

    expect(table.get_by_role("columnheader")).to_have_text(
        ["Time", "GPU 0", "GPU 1", "GPU 2", "GPU 3"]
    )
    third = table.locator("tbody tr td:nth-child(4)")
    for content in ("—", "58 GB"):
        expect(third.filter(has_text=content).first).to_be_visible()
    page.get_by_role("button", name="Show chart of Memory").click()
    expect(table).to_be_hidden()


def test_a_loss_curve_is_updated_while_the_run_logs(
    open_charts: Opener, training: Callable[[range], None]
) -> None:
    page = open_charts()
    line = page.get_by_role("button", name=re.compile("^measured"))
    expect(line).to_contain_text("2")

    training(range(51, 101))

    expect(line).to_contain_text("measured1", timeout=30_000)
    page.get_by_role("button", name="Show data of Run").click()
    rows = page.get_by_role("region", name="Data of Run").locator("tbody tr")
    expect(rows).to_have_count(100)
    expect(rows.first).to_contain_text("step 100")


def test_a_hidden_line_stays_hidden_after_a_rerun(open_charts: Opener) -> None:
    page = open_charts()
    line = page.get_by_role("button", name=re.compile("^GPU 1")).first
    line.click()
    expect(line).to_have_attribute("aria-pressed", "false")

    page.get_by_text("Live", exact=True).click()
    page.wait_for_timeout(1500)

    expect(line).to_have_attribute("aria-pressed", "false")


def test_missing_samples_are_reported_and_dim_the_charts(
    open_charts: Opener, sampling: Callable[[bool], Path]
) -> None:
    page = open_charts()
    page.wait_for_selector("canvas")
    words = page.locator(".words").first
    sampling(False)  # noqa: FBT003
    try:
        expect(words).to_contain_text("old", timeout=30_000)
        expect(page.locator(".live-charts").first).to_have_class(re.compile("stale"))
        save_screenshot(page, "charts-stale")
    finally:
        sampling(True)  # noqa: FBT003
    expect(words).to_have_text("", timeout=30_000)


def test_a_lost_connection_is_reported_and_restored(open_charts: Opener) -> None:
    page = open_charts()
    page.wait_for_selector("canvas")
    words = page.locator(".words").first
    page.route("**/api/telemetry*", lambda route: route.abort())
    expect(words).to_contain_text("Connection lost", timeout=30_000)

    page.unroute("**/api/telemetry*")

    expect(words).to_have_text("", timeout=30_000)
    watch: Watch = open_charts.watch  # type: ignore[attr-defined]
    assert all("ERR_FAILED" in error for error in watch.errors)
    watch.errors.clear()


def test_a_narrow_screen_stacks_the_panels(open_charts: Opener) -> None:
    page = open_charts(size=PHONE)
    page.wait_for_selector("canvas")
    page.wait_for_timeout(1000)
    lefts = {plot(page, title)[0] for title in ("Utilisation", "Memory", "Power")}

    assert len(lefts) == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    save_screenshot(page, "charts-phone-light")


def test_charts_fill_a_window_that_becomes_wider(open_charts: Opener) -> None:
    page = open_charts(size=(900, 800))
    page.wait_for_selector("canvas")
    narrow = plot(page, "Loss")[2]

    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    page.wait_for_timeout(500)

    assert plot(page, "Loss")[2] > narrow + 200


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(open_charts: Opener, scheme: str) -> None:
    page = open_charts(scheme=scheme)
    page.wait_for_selector("canvas")
    page.get_by_role("button", name="Show data of Memory").click()
    page.wait_for_timeout(1500)
    save_screenshot(page, f"charts-desktop-{scheme}")

    assert violations(page) == []
