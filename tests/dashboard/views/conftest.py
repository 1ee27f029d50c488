"""Pages drawn in a real workspace: only its processes are scripts, and its model is the echo."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import streamlit as st
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from core.actions.workspace import Workspace, open_workspace
from core.audit import Role
from core.clock import SystemClock
from core.data.records import Dataset, Pair
from core.inference.translator import Attention
from core.inference.version_folder import VersionFolder
from core.registry.records import ModelVersion, SelfTest, SelfTestVerdict
from core.scores import Scores
from core.serving.client import TranslationClient
from core.serving.model_pool import ModelPool
from core.serving.server import TranslationServer
from core.settings import Settings
from dashboard import resources
from monitors.collector import HostState, Reading
from monitors.store.sqlite import SqliteTelemetryStore
from tests.clock import FixedClock
from tests.core.inference.echo import EchoTranslator
from tests.core.jobs.memory import MemoryLauncher

MAIN = Path(resources.__file__).with_name("navigation.py")
FIRST_RUN_S = 30.0
PAIRS = tuple(Pair(source=f"I see {n} cats.", target=f"Veo {n} gatos.") for n in range(2, 60))

SELF_TEST = SelfTest(
    verdict=SelfTestVerdict.PASSED, segments=64, log_probability_difference=2e-6, different=0,
    int8_identical_ratio=1.0, int8_loss_rise=0.0, float32_bleu=40.0, int8_bleu=40.0,
)  # fmt: skip

Open = Callable[..., AppTest]


@dataclass(slots=True)
class Site:
    """The stores behind the pages under test."""

    workspace: Workspace
    launcher: MemoryLauncher
    clock: FixedClock
    telemetry: SqliteTelemetryStore

    def sample(self, values: dict[tuple[str, str], float], **changes: Any) -> HostState:  # noqa: ANN401  (any field)
        """Store a sample of these readings, taken now."""
        state = HostState(
            host="h",
            at=self.clock.now(),
            interval_s=2.0,
            readings=tuple(
                Reading(gauge=gauge, device=device, value=value)
                for (gauge, device), value in values.items()
            ),
            facts=(),
            processes=(),
            collectors=(),
        )
        state = replace(state, **changes)
        self.telemetry.append(state)
        return state

    def add_dataset(self, name: str = "cats", pairs: Sequence[Pair] = PAIRS) -> Dataset:
        """Add a small dataset."""
        return self.workspace.datasets.add(
            name, "en", "es", pairs, origin="made up", licence="", clock=self.clock
        )

    def promote(self, version: int) -> ModelVersion:
        """Register a version of model `en-es` and deploy it."""
        made = ModelVersion(
            name="en-es", version=version, run_id=f"run{version}", run_name=f"demo-{version}",
            step=800, source="en", target="es", dataset="demo", dataset_digest="d" * 64,
            snapshot="5" * 64, waiver=None, config={}, code_version="0.1.0",
            scores=Scores(bleu=80.0 + version, chrf=91.5), self_test=SELF_TEST,
            digest="f" * 64, created_at=self.clock.now(),
        )  # fmt: skip
        VersionFolder(self.workspace.paths.model(made.name, version)).write_card({}, {})
        self.workspace.registry.register(made)
        self.workspace.registry.set_alias(
            "en-es", "production", version, actor="ada", action="promote", reason="better"
        )
        return made


@pytest.fixture
def site(settings: Settings, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A new workspace with real stores in the home folder of the test."""
    launcher = MemoryLauncher(clock)
    workspace = replace(open_workspace(settings, clock), launcher=launcher)
    telemetry = SqliteTelemetryStore(settings.paths.telemetry, writable=True)
    # AppTest puts the page in the place of `__main__`, which processes started later would import.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.setattr(resources, "settings", lambda: settings)
    monkeypatch.setattr(resources, "workspace", lambda: workspace)
    monkeypatch.setattr(resources, "telemetry", lambda: telemetry)
    monkeypatch.setattr(resources, "translation", unanswered)
    yield Site(workspace=workspace, launcher=launcher, clock=clock, telemetry=telemetry)
    st.cache_data.clear()
    telemetry.close()
    workspace.close()


@pytest.fixture
def open_page(site: Site) -> Open:
    """Open a page by name: `open_page("training")`; more query parameters as keywords."""
    del site  # the page needs it

    def opened(name: str, role: Role = Role.ADMIN, **query: str) -> AppTest:
        page = AppTest.from_file(str(MAIN), default_timeout=FIRST_RUN_S)
        page.user = {"name": "ada", "role": role.value}
        page.query_params["live"] = "false"
        for key, value in query.items():
            page.query_params[key] = value
        page.run()
        if name != "overview":
            page.switch_page(f"views/{name}.py").run()
        return page

    return opened


@pytest.fixture
def serving(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A translation server with the echo translator, and the page's client for it."""
    pool = ModelPool(
        registry=site.workspace.registry,
        load=lambda version: EchoTranslator(version=f"{version.name}:{version.version}"),
        clock=site.clock,
    )
    server = TranslationServer(
        pool=pool,
        compute_attention=no_attention,
        settings=site.workspace.settings.serving,
        clock=SystemClock(),
        poll_s=0.02,
    )
    with TestClient(server.app(), base_url="http://127.0.0.1:5000") as reached:

        def forward(request: httpx.Request) -> httpx.Response:
            answer = reached.request(
                request.method, request.url.path, content=request.content, headers=request.headers
            )
            return httpx.Response(answer.status_code, json=answer.json())

        client = TranslationClient("http://127.0.0.1:5000", transport=httpx.MockTransport(forward))
        monkeypatch.setattr(resources, "translation", lambda: client)
        pool.refresh()
        yield reached
        client.close()


def unanswered() -> TranslationClient:
    """Return a client of a server that is down."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    return TranslationClient("http://127.0.0.1:5000", transport=httpx.MockTransport(refuse))


def no_attention(*_arguments: object) -> Attention:
    """Fail: the echoing translator has no attention."""
    raise AssertionError("attention is not requested in these tests")


def open_tab(page: AppTest, key: str, name: str) -> AppTest:
    """Open a tab; only the open one is drawn."""
    page.session_state[key] = name
    return page.run()


@pytest.fixture
def text_of() -> Callable[[AppTest], str]:
    """Return a function that returns the text of a page."""
    return _text_of


def _text_of(page: AppTest) -> str:
    """Return all text of a page, without the marks that escape Markdown."""
    elements = (
        page.title, page.header, page.markdown, page.error, page.warning, page.info, page.success,
        page.code, page.metric, page.caption, page.toast,
    )  # fmt: skip
    text = [str(item.value) for group in elements for item in group]
    text += [item.label for item in (*page.button, *page.metric, *page.expander)]
    text += [item.value.to_string() for item in (*page.table, *page.dataframe)]
    text += [progress.text for progress in page.progress]
    return "\n".join(text).replace("\\", "").replace("\u2060", "")
