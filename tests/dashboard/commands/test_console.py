"""Progress on standard error, tables and JSON on standard output."""

import io
import json
import math
from pathlib import Path

import pytest
from rich.console import Console

from core.settings import Settings
from dashboard.commands import progress, translate
from dashboard.commands.cli import run
from dashboard.commands.console import print_json, print_table
from dashboard.commands.progress import progress_counter
from tests.core.inference.echo import EchoTranslator


@pytest.fixture
def _print_every_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Print every count, not one per interval."""
    monkeypatch.setattr(progress, "LINE_INTERVAL_S", 0.0)


def test_a_terminal_gets_a_bar_with_count_and_percentage(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(progress, "messages", Console(file=screen, force_terminal=True, width=80))
    with progress_counter("importing [bold]", "pairs", total=20_000) as show:
        show(5000)
    drawn = screen.getvalue()
    assert "importing [bold]" in drawn
    assert "25 %" in drawn
    assert "5,000 pairs" in drawn


def test_without_a_total_there_is_no_percentage(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(progress, "messages", Console(file=screen, force_terminal=True, width=80))
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
    monkeypatch.setattr(translate, "_translator", lambda *_: EchoTranslator(version="echo:1"))
    text = tmp_path / "lines.txt"
    text.write_text("Hello\n" * 100, encoding="utf-8")
    assert run(["translate", "--file", str(text), "--home", str(settings.home)]) == 0
    assert capsys.readouterr().err == "translating: 64 lines\ntranslating: 100 lines\n"
    assert run(["translate", "Hello", "--home", str(settings.home)]) == 0
    assert capsys.readouterr().err == ""


def test_a_table_sends_no_control_characters_to_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A correction could clear the screen or set the clipboard."""
    print_table(("A",), [("x\x1b[2J\x9b0m\x07é\n☕",)])
    shown = capsys.readouterr().out
    assert not {"\x1b", "\x9b", "\x07"} & set(shown)
    assert all(word in shown for word in ("x\ufffd[2J", "é", "☕"))


def test_numbers_that_json_cannot_hold_become_null(capsys: pytest.CaptureFixture[str]) -> None:
    """The loss of a run that diverged is not a number."""
    print_json({"a": [math.nan, (math.inf, 1.5)]})

    assert json.loads(capsys.readouterr().out) == {"a": [None, [None, 1.5]]}
