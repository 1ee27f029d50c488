"""A page with only charts, and a sampler with known values; starts within seconds."""

import math
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

import dashboard
from core.actions.workspace import open_workspace
from core.command import module_argv, start
from core.runs.records import MetricPoint, RunSpec
from core.settings import Settings, WebSettings
from dashboard.server.gate.sign_in import issue_token, sign_in_url
from monitors.collector import HostState, Reading
from monitors.store.sqlite import SqliteTelemetryStore
from tests.dashboard.e2e.harness import (
    Opener,
    Product,
    await_answer,
    free_port,
    opener,
    sign_in,
    stop,
)

RUN = "run1"
INTERVAL_S = 1.0
HISTORY_S = 1200
GPUS = 4
LOST_GPU = 2


def tick(at: float) -> HostState:
    """Return the readings of one second; GPU 2 is lost for half of every minute."""
    readings = [Reading(gauge="cpu_busy_ratio", device="", value=0.5 + 0.4 * math.sin(at / 60))]
    for number in range(GPUS):
        if number == LOST_GPU and at % 60 < 30:
            continue
        busy = 0.5 + 0.45 * math.sin(at / (40 + 9 * number))
        readings += [
            Reading(gauge="gpu_utilization_ratio", device=f"gpu{number}", value=busy),
            Reading(
                gauge="gpu_memory_used_bytes", device=f"gpu{number}", value=4e10 + 9e9 * number
            ),
            Reading(gauge="gpu_power_watts", device=f"gpu{number}", value=200 + 300 * busy),
        ]
    return HostState(host="h", at=at, interval_s=INTERVAL_S, readings=readings, facts=(),
                     processes=(), collectors=())  # fmt: skip


@pytest.fixture(scope="module")
def sampling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[bool], Path]]:
    """Sample until the end of the tests; the yielded function pauses or continues it."""
    home = tmp_path_factory.mktemp("charts") / "home"
    Settings(home=home).paths.prepare()
    store = SqliteTelemetryStore(Settings(home=home).paths.telemetry, writable=True)
    now = time.time()
    for second in range(HISTORY_S, 0, -1):
        store.append(tick(now - second))
    going, ended = threading.Event(), threading.Event()
    going.set()

    def sample() -> None:
        while not ended.wait(INTERVAL_S):
            if going.is_set():
                store.append(tick(time.time()))

    thread = threading.Thread(target=sample)
    thread.start()

    def switch(is_on: bool) -> Path:  # noqa: FBT001  (a switch)
        (going.set if is_on else going.clear)()
        return home

    yield switch
    ended.set()
    thread.join()
    store.close()


@pytest.fixture(scope="module")
def training(sampling: Callable[[bool], Path]) -> Iterator[Callable[[range], None]]:
    """A run in the database; the yielded function logs further steps of its loss."""
    with open_workspace(Settings(home=sampling(True))) as workspace:  # noqa: FBT003
        spec = RunSpec(name="one", dataset="demo", dataset_digest="d" * 64, preset="demo",
                       device="cpu", config={}, code_version="0")  # fmt: skip
        workspace.runs.create(RUN, spec)
        workspace.runs.begin_attempt(RUN, "job1", 0)

        def log(steps: range) -> None:
            """Log a loss that is 100 divided by the step."""
            points = [
                MetricPoint(metric="train_loss", step=step, value=100 / step, wall_time=1e9 + step)
                for step in steps
            ]
            workspace.runs.log(RUN, points)

        log(range(1, 51))
        yield log


@pytest.fixture(scope="module")
def charts(
    tmp_path_factory: pytest.TempPathFactory,
    sampling: Callable[[bool], Path],
    training: Callable[[range], None],  # noqa: ARG001  (its run must be there)
    chromium: Browser,
) -> Iterator[Product]:
    """The server of the dashboard with `page.py` as its only page."""
    folder = tmp_path_factory.mktemp("script")
    page = shutil.copy(Path(__file__).with_name("page.py"), folder / "page.py")
    shutil.copytree(Path(dashboard.__file__).parent / "static", folder / "static")
    home = sampling(True)  # noqa: FBT003
    settings = Settings(home=home, web=WebSettings(port=free_port()))
    link = sign_in_url(settings, issue_token(settings.paths))
    environment = {"DATAHALL_HOME": str(home), "DATAHALL_WEB_PORT": str(settings.web.port)}
    with (folder / "log.txt").open("wb") as log:
        process = start(
            module_argv("tests.dashboard.e2e.charts.serve", str(page)),
            environment=environment,
            log=log,
            die_with_parent=True,
        )
    try:
        root = f"http://127.0.0.1:{settings.web.port}"
        await_answer(root, process, folder / "log.txt")
        yield Product(root=root, home=home, cookies=sign_in(chromium, link))
    finally:
        stop(process)


@pytest.fixture
def open_charts(chromium: Browser, charts: Product) -> Iterator[Opener]:
    """Return a function that opens the page of charts; fails on any error in the browser."""
    yield from opener(chromium, charts)
