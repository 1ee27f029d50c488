"""Progress on standard error, and the end of a job that a command follows."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from core.actions.workspace import Workspace, open_workspace
from core.errors import CommandError, DiskFullError
from core.jobs.launcher import Job, JobKind, JobSpec
from core.settings import Settings
from dashboard.commands import progress, translate
from dashboard.commands.cli import run
from dashboard.commands.progress import follow, progress_counter, require_success
from tests.core.inference.echo import EchoTranslator

pytestmark = pytest.mark.slow

REPORT = {"done": 30, "total": 120, "unit": "files", "message": "comparing [bold]", "rate": 7.0}


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """A terminal on standard error."""
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100)
    monkeypatch.setattr(progress, "messages", console)
    return screen


@pytest.fixture
def workspace(settings: Settings) -> Iterator[Workspace]:
    """The workspace of the test's home."""
    with open_workspace(settings) as opened:
        yield opened


def submit(workspace: Workspace, script: str) -> str:
    """Submit a job that runs a shell script; returns its id."""
    spec = JobSpec(
        kind=JobKind.VERIFY, title="Verify", subject="all", argv=("/bin/sh", "-c", script)
    )
    return workspace.launcher.submit(spec).id


def ended(workspace: Workspace, script: str) -> Job:
    """Return a job after the end of its script."""
    return workspace.launcher.wait(submit(workspace, script), timeout_s=60)


def reporting() -> str:
    """Return a script that reports progress and runs for a second."""
    return f"echo '{json.dumps(REPORT)}' > $DATAHALL_JOB_FOLDER/progress.json; sleep 1"


@pytest.fixture
def _print_every_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Print every count, not one per interval."""
    monkeypatch.setattr(progress, "LINE_INTERVAL_S", 0.0)


def test_a_terminal_gets_a_bar_with_count_and_percentage(screen: io.StringIO) -> None:
    with progress_counter("importing [bold]", "pairs", total=20_000) as show:
        show(5000)
    drawn = screen.getvalue()
    assert "importing [bold]" in drawn
    assert "25 %" in drawn
    assert "5,000 pairs" in drawn


def test_without_a_total_there_is_no_percentage(screen: io.StringIO) -> None:
    with progress_counter("importing", "pairs") as show:
        show(5000)
    assert "5,000 pairs" in screen.getvalue()
    assert "%" not in screen.getvalue()


@pytest.mark.usefixtures("_print_every_count")
def test_an_import_shows_its_progress(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lines when standard error is not a terminal, nothing with --json."""
    text = tmp_path / "cats.tsv"
    text.write_text("".join(f"Cat {n}\tGato {n}\n" for n in range(10_000)), encoding="utf-8")
    words = ["data", "import", "cats", str(text), "--source", "en", "--target", "es"]
    assert run([*words, "--home", str(settings.home)]) == 0
    assert capsys.readouterr().err == "importing cats: 5,000 pairs\nimporting cats: 10,000 pairs\n"
    assert run([*words, "--home", str(settings.home), "--json"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("_print_every_count")
def test_the_translation_of_a_file_shows_its_progress(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(translate, "_translator", lambda *_, **__: EchoTranslator(version="echo:1"))
    text = tmp_path / "lines.txt"
    text.write_text("Hello\n" * 100, encoding="utf-8")
    assert run(["translate", "--file", str(text), "--home", str(settings.home)]) == 0
    assert capsys.readouterr().err == "translating: 64 lines\ntranslating: 100 lines\n"
    assert run(["translate", "Hello", "--home", str(settings.home)]) == 0
    assert capsys.readouterr().err == ""


def test_following_a_job_draws_a_bar_on_a_terminal(
    workspace: Workspace, screen: io.StringIO
) -> None:
    job = follow(workspace, submit(workspace, reporting()))

    assert job.state.is_over
    for text in ("comparing [bold]", "25 %", "7 files/s"):
        assert text in screen.getvalue()


def test_following_a_job_prints_lines_elsewhere(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    follow(workspace, submit(workspace, reporting()))
    assert capsys.readouterr().err == "comparing [bold] 25 % 7 files/s\n"

    follow(workspace, submit(workspace, reporting()), quiet=True)
    assert capsys.readouterr().err == ""


def test_the_error_that_a_job_reported_is_raised(workspace: Workspace) -> None:
    error = json.dumps(DiskFullError("no space left on /data", remedy="Free some").to_document())
    job = ended(workspace, f"echo '{error}' > $DATAHALL_JOB_FOLDER/error.json; exit 1")

    with pytest.raises(DiskFullError, match="no space left on /data"):
        require_success(job, workspace)


def test_a_job_that_failed_without_a_report_shows_the_end_of_its_log(workspace: Workspace) -> None:
    job = ended(workspace, "seq 20; exit 3")

    with pytest.raises(CommandError, match=r"Verify failed.*16\n17\n18\n19\n20"):
        require_success(job, workspace)
