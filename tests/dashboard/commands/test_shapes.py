"""The contract of the command line: help with examples, JSON documents, exit statuses."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import typer

from core.actions.workspace import open_workspace
from core.runs.records import MetricPoint, RunSpec
from core.settings import Settings
from dashboard.commands.cli import COMMANDS, app, run

Ask = Callable[..., tuple[int, Any]]


def _commands() -> Iterator[tuple[str, ...]]:
    """Yield the path of every command, such as (`runs`, `list`)."""
    root = typer.main.get_group(app)
    for name in COMMANDS:
        command = root.get_command(None, name)
        for below in getattr(command, "commands", {None: command}):
            yield (name, below) if below else (name,)


@pytest.mark.parametrize("words", list(_commands()), ids=" ".join)
def test_the_help_of_every_command_has_an_example(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*words, "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Example: datahall" in shown
    assert "--home" in shown


@pytest.mark.parametrize(
    "words", [("data", "list"), ("runs", "list"), ("models", "list"), ("backup", "list"),
              ("models", "history"), ("feedback", "list")], ids=" ".join,
)  # fmt: skip
def test_a_list_of_an_empty_home_is_empty(ask: Ask, words: tuple[str, ...]) -> None:
    assert ask(*words) == (0, [])


def test_a_dataset_has_the_promised_keys(ask: Ask, settings: Settings) -> None:
    """And the same text has the same digest."""
    text = settings.home / "cats.tsv"
    text.write_text("A cat.\tUn gato.\nTwo cats.\tDos gatos.\n", encoding="utf-8")
    words = ("data", "import", "cats", str(text), "--source", "en", "--target", "es")
    code, first = ask(*words)
    assert code == 0
    assert {"name", "digest", "source", "target", "pairs", "protected"} <= first.keys()
    assert (first["pairs"], first["protected"]) == (2, False)
    assert ask(*words)[1]["digest"] == first["digest"]
    assert ask("data", "list")[1] == [first]
    gone = {"deleted": {"name": "cats", "digest": first["digest"]}}
    assert ask("data", "delete", "cats", first["digest"][:8]) == (0, gone)


def test_a_run_that_was_never_queued_can_be_read_and_deleted(ask: Ask, settings: Settings) -> None:
    """A power failure between the creation of a run and of its job leaves such a run."""
    spec = RunSpec(name="one", dataset="cats", dataset_digest="d" * 64, preset="demo",
                   device="cpu", config={}, code_version="0")  # fmt: skip
    with open_workspace(settings) as workspace:
        workspace.runs.create("run1", spec)
        workspace.runs.begin_attempt("run1", "job1", 0)
        workspace.runs.log(
            "run1", [MetricPoint(metric="train_loss", step=1, value=0.1, wall_time=1e9)]
        )
    assert ask("runs", "list")[1][0]["state"] == "stopped"
    assert ask("runs", "log", "one") == (0, {"run": "one", "state": "stopped", "log": ""})
    point = {"metric": "train_loss", "step": 1, "value": 0.1, "wall_time": 1e9}
    assert ask("runs", "export", "one") == (0, [point])
    assert ask("runs", "delete", "one") == (0, {"deleted": {"id": "run1", "name": "one"}})
    assert ask("runs", "list") == (0, [])


def test_one_sample_of_the_host_has_the_promised_keys(ask: Ask) -> None:
    code, document = ask("monitor", "--once")
    assert code == 0
    assert {"host", "time", "readings", "collectors"} <= document.keys()
    assert {"gauge", "device", "value"} <= document["readings"][0].keys()
    assert {"name", "success", "seconds"} <= document["collectors"][0].keys()
    gauges = {reading["gauge"] for reading in document["readings"]}
    assert {"memory_available_bytes", "disk_used_bytes"} <= gauges


def test_the_exit_status_of_doctor_tells_whether_all_is_sound(ask: Ask) -> None:
    code, document = ask("doctor")
    assert code == (0 if document["sound"] else 1)
    assert all(finding["sentence"] for finding in document["findings"])


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("runs", "show", "nobody"), "not-found"),
        (("train", "nothing"), "not-found"),
        (("translate", "Hello"), "not-found"),
        (("backup", "restore", "zzz", "--to", "/new"), "not-found"),
        (("models", "promote", "nobody", "--alias", "../x"), "input"),
        (("data", "import", "../up", "x.tsv", "--source", "en", "--target", "es"), "input"),
        (("no-such-command",), "input"),
    ],
)
def test_a_failure_has_one_shape_and_exit_code_2(
    ask: Ask, words: tuple[str, ...], kind: str
) -> None:
    code, document = ask(*words)
    assert code == 2
    assert document["error"]["kind"] == kind
    assert document["error"].keys() == {"kind", "message", "remedy"}


def test_an_input_error_of_a_job_is_the_error_of_the_command(ask: Ask, settings: Settings) -> None:
    text = settings.home / "cats.tsv"
    lines = [f"Cat {number} sleeps.\tEl gato {number} duerme.\n" for number in range(300)]
    text.write_text("".join(lines), encoding="utf-8")
    ask("data", "import", "cats", str(text), "--source", "en", "--target", "es")
    code, document = ask("data", "prepare", "cats", "--vocabulary", "3")
    assert (code, document["error"]["kind"]) == (2, "input")
    assert "a vocabulary of 3 pieces" in document["error"]["message"]
    assert "at least" in document["error"]["remedy"]
