"""The main workflow on the started product, from the first start to a restored corpus.

From an empty home to a corrected translation, with `datahall up` stopped in the middle and every
restored byte compared.
"""

import filecmp
import json
import re
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core.command import Process, module_argv, run_command, start, wait
from tests.dashboard.e2e.harness import (
    Opener,
    Product,
    free_port,
    opener,
    printed_document,
    root_of,
    save_screenshot,
    sign_in,
    violations,
)

INTERRUPTED = 130
ABSENT = "—"
START_S, RUN_S, STEP_MS = 60.0, 1500.0, 60_000
GREETING, ANSWER = "Hello, how are you?", "Hola, ¿cómo estás?"


@dataclass(slots=True)
class Datahall:
    """`datahall` with one home folder."""

    home: Path
    environment: Mapping[str, str]
    process: Process | None = None
    starts: int = field(default=0)

    def up(self) -> str:
        """Start all services and return the sign-in link."""
        self.starts += 1
        document = self.home.parent / f"up-{self.starts}.json"
        with document.open("wb") as log:
            self.process = start(
                module_argv("dashboard", "up", "--demo", "--no-browser", "--json"),
                environment=self.environment,
                log=log,
                die_with_parent=True,
            )
        return str(printed_document(document, self.process)["url"])

    def down(self) -> None:
        """Stop the services as Ctrl-C does."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            assert wait(self.process, START_S) == INTERRUPTED
            self.process = None

    def ask(self, *words: str) -> Any:  # noqa: ANN401  (a JSON document)
        """Return the JSON output of a command."""
        argv = module_argv("dashboard", *words, "--json")
        done = run_command(argv, environment=self.environment, timeout_s=START_S)
        assert done.exit_code == 0, done.stderr or done.stdout
        return json.loads(done.stdout)

    def run(self) -> Mapping[str, Any]:
        """Return the newest run."""
        newest: Sequence[Mapping[str, Any]] = self.ask("runs", "list")
        found: Mapping[str, Any] = self.ask("runs", "show", newest[0]["id"])
        return found


@pytest.fixture(scope="module")
def datahall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Datahall]:
    """Datahall with an empty home folder."""
    home = tmp_path_factory.mktemp("story") / "home"
    environment = {
        "DATAHALL_HOME": str(home),
        "DATAHALL_WEB_PORT": str(free_port()),
        "DATAHALL_SAMPLER_PORT": str(free_port()),
        "DATAHALL_SERVING_PORT": str(free_port()),
    }
    workspace = Datahall(home, environment)
    yield workspace
    workspace.down()


@pytest.fixture(scope="module")
def signed_in(datahall: Datahall, chromium: Browser) -> Product:
    """The started product, and a session signed in by its link."""
    link = datahall.up()
    return Product(root=root_of(link), home=datahall.home, cookies=sign_in(chromium, link))


@pytest.fixture
def visit(chromium: Browser, signed_in: Product) -> Iterator[Opener]:
    """Return a function that opens pages; the test fails on any error in the browser."""
    yield from opener(chromium, signed_in)


@pytest.mark.slow
@pytest.mark.random_order(disabled=True)  # each chapter continues the one before
class TestStory:
    """The steps of the workflow, in order; each one needs those before it."""

    def test_the_overview_shows_the_host(self, visit: Opener) -> None:
        page = visit("/")
        for card in ("CPU", "Memory", "Storage", "Network"):
            expect(page.get_by_text(card, exact=True).first).to_be_visible(timeout=STEP_MS)
        expect(page.get_by_text("simulated").first).to_be_visible(timeout=STEP_MS)
        save_screenshot(page, "story-1-overview")

    def test_a_run_starts_after_its_backup(self, visit: Opener, datahall: Datahall) -> None:
        _until(lambda: datahall.ask("data", "list"), bool)
        page = visit("/training")
        page.locator(".st-key-new-run button").click()
        expect(page.get_by_text("Not backed up", exact=True)).to_be_visible(timeout=STEP_MS)
        save_screenshot(page, "story-2-new-run")
        page.locator(".st-key-new-run-start button").click()
        run = _until(datahall.run, lambda found: found["step"] > 0)
        assert run["snapshot"] is not None
        assert datahall.ask("data", "list")[0]["protected"] is True
        expect(page.get_by_text(re.compile(r"tokens/s · .* left"))).to_be_visible(timeout=STEP_MS)
        loss = _until(lambda: _first_legend(page), lambda value: value != ABSENT)
        _until(lambda: _first_legend(page), lambda value: value not in (loss, ABSENT))
        save_screenshot(page, "story-3-training")

    def test_a_run_continues_while_up_is_restarted(
        self, datahall: Datahall, signed_in: Product
    ) -> None:
        assert signed_in.root
        before = datahall.run()
        datahall.down()
        meanwhile = _until(datahall.run, lambda found: found["step"] > before["step"])
        assert meanwhile["state"] == "running"
        datahall.up()
        assert len(datahall.run()["attempts"]) == 1

    def test_the_run_ends_with_test_scores(self, visit: Opener, datahall: Datahall) -> None:
        page = visit("/training")
        expect(page.locator("canvas").first).to_be_visible(timeout=STEP_MS)
        run = _until(datahall.run, lambda found: found["state"] not in ("queued", "running"))
        assert run["state"] == "succeeded", run["exit_reason"]
        assert run["scores"]["bleu"] >= 80
        expect(page.get_by_text("Scores on the test split").first).to_be_visible(timeout=STEP_MS)
        page.get_by_role("tab", name="Translations").click()
        sentence = page.get_by_text(re.compile(r"\d+ of \d+ samples equal the reference"))
        expect(sentence.first).to_be_visible(timeout=STEP_MS)
        save_screenshot(page, "story-4-ended")

    def test_promoting_deploys_the_model(self, visit: Opener, datahall: Datahall) -> None:
        page = visit("/training")
        page.get_by_role("button", name="Promote").first.click()
        page.locator("[role=dialog]").get_by_role("button", name=re.compile("Promote")).click()
        models = _until(lambda: datahall.ask("models", "list"), bool)
        assert "production" in models[0]["aliases"]

    def test_a_text_is_translated_and_corrected(self, visit: Opener) -> None:
        page = _with_model(visit)
        page.locator(".st-key-translate-text textarea").fill(GREETING)
        page.locator(".st-key-translate-go button").click()
        expect(page.locator(".st-key-translation")).to_contain_text(ANSWER, timeout=STEP_MS)
        page.locator(".st-key-attention-go button").click()
        expect(page.locator(".js-plotly-plot")).to_be_visible(timeout=STEP_MS)
        save_screenshot(page, "story-5-translate")
        page.get_by_role("tab", name="Suggest a correction").click()
        better = page.get_by_label("Correct translation")
        better.fill("Hola, ¿qué tal estás?")
        page.locator(".st-key-correction-go button").click()
        expect(page.get_by_text("Correction saved").first).to_be_visible(timeout=STEP_MS)

    def test_the_correction_is_stored(self, datahall: Datahall) -> None:
        kept = datahall.ask("feedback", "list")[0]
        assert (kept["source"], kept["hypothesis"]) == (GREETING, ANSWER)
        assert kept["correction"] == "Hola, ¿qué tal estás?"

    def test_the_corpus_is_restored(
        self, visit: Opener, datahall: Datahall, tmp_path: Path
    ) -> None:
        target = tmp_path / "restored"
        page = visit("/backups")
        page.locator(".st-key-restore button").click()
        page.get_by_role("textbox", name="Target folder").fill(str(target))
        page.locator(".st-key-restore-go button").click()
        expect(page.get_by_text(re.compile(r"(\d+) of \1 files are equal")).first).to_be_visible(
            timeout=STEP_MS
        )
        save_screenshot(page, "story-6-restored")
        kept = next(datahall.home.glob("datasets/demo/*/pairs.tsv.gz"))
        restored = next(target.rglob("pairs.tsv.gz"))
        assert filecmp.cmp(kept, restored, shallow=False)

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("name", ["", "data", "training", "models", "translate", "backups"])
    def test_axe_finds_nothing_on_full_pages(self, visit: Opener, name: str, scheme: str) -> None:
        page = visit(f"/{name}?live=false", scheme=scheme)
        page.wait_for_timeout(1500)
        save_screenshot(page, f"used-{name or 'overview'}-{scheme}")
        assert violations(page) == []


def _first_legend(page: Page) -> str:
    """Return the newest value of the first curve on the page."""
    value: str = page.evaluate(
        """() => document.querySelector('[data-testid=stBidiComponentIsolated]')
            ?.shadowRoot.querySelector('.legend b')?.textContent ?? '—'"""
    )
    return value


def _with_model(visit: Opener) -> Page:
    """Open Translate once the server has loaded the promoted model."""
    deadline = time.monotonic() + START_S
    while True:
        page = visit("/translate")
        if page.locator(".st-key-translate-text textarea").count():
            return page
        assert time.monotonic() < deadline, "the server never took up the model"
        page.wait_for_timeout(1000)


def _until(ask: Callable[[], Any], holds: Callable[[Any], bool]) -> Any:  # noqa: ANN401  (JSON)
    """Repeat a request until its result fulfils the condition, and return it."""
    deadline = time.monotonic() + RUN_S
    while True:
        answer = ask()
        if holds(answer):
            return answer
        assert time.monotonic() < deadline, f"never came: {answer}"
        time.sleep(1.0)
