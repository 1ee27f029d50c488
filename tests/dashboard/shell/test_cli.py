"""The command line: whatever is typed gets a sentence and an exit code, never a traceback."""

from pathlib import Path

import pytest

from dashboard.cli import run

UNDECODABLE = "caf\udce9"  # how Python shows an argument that is no UTF-8


@pytest.mark.parametrize(
    "arguments",
    [
        ("runs", "show", UNDECODABLE),
        ("data", "show", UNDECODABLE),
        ("models", "show", UNDECODABLE),
        ("train", UNDECODABLE),
        ("up", "--port", "99999"),
        ("up", "--port=-1"),
        ("up", "--host", "no.such.host.invalid"),
    ],
)
def test_hostile_arguments_are_refused_in_one_line(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 2 and one sentence."""
    assert run([*arguments, "--home", str(tmp_path / "home")]) == 2
    assert capsys.readouterr().err.startswith("datahall: ")


@pytest.mark.parametrize("home", ["", " ", UNDECODABLE])
def test_a_home_without_a_usable_name_is_refused(
    home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unset variable in a script does not fill the current folder."""
    monkeypatch.chdir(tmp_path)
    assert run(["runs", "list", "--home", home]) == 2
    assert not list(tmp_path.iterdir())


def test_a_file_in_the_way_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What no part foresaw is told with its path."""
    (tmp_path / "logs").write_text("in the way")
    ports = ["--port", "0"]
    assert run(["up", "--no-browser", *ports, "--home", str(tmp_path)]) == 1
    assert str(tmp_path / "logs") in capsys.readouterr().err
