"""The command line: whatever is typed gets a sentence and an exit code, never a traceback."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.operations.supervise import hold_home
from core.settings import Settings
from dashboard.commands import up
from dashboard.commands.cli import run

UNDECODABLE = "caf\udce9"  # how Python shows an argument that is no UTF-8


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Wait for no ports, take no fixed ones, and leave the test run its signals."""
    monkeypatch.setattr(up, "PORTS_S", 0.0)
    for name in ("SAMPLER", "SERVING"):
        monkeypatch.setenv(f"DATAHALL_{name}_PORT", "0")
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


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


def test_up_names_the_port_that_is_taken(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the variable that changes it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code = run(["up", "--no-browser", "--port", str(port), "--home", str(settings.home)])

    told = " ".join(capsys.readouterr().err.split())
    assert code == 2
    assert f"127.0.0.1 port {port}: another program uses this port" in told
    assert "DATAHALL_WEB_PORT" in told


@pytest.mark.parametrize("command", [("up", "--no-browser", "--port", "0"), ("runs", "list")])
@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_home_that_is_a_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...], name: str
) -> None:
    """The file stays as it is."""
    (tmp_path / "file").write_text("mine")
    assert run([*command, "--home", str(tmp_path / name)]) == 2
    assert f"home {tmp_path / name} is a file, or is inside one" in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "mine"


def test_a_home_that_cannot_be_written_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Below /proc not even root can make a folder."""
    assert run(["up", "--no-browser", "--port", "0", "--home", "/proc/datahall"]) == 2
    told = capsys.readouterr().err
    assert "/proc/datahall cannot be written" in told
    assert "--home DIR" in told


def test_a_second_up_on_one_home_is_refused(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the process that holds it; its token and its services are left alone."""
    with hold_home(settings.paths):
        code = run(["up", "--no-browser", "--port", "0", "--home", str(settings.home)])

    assert code == 2
    assert "Datahall is up already" in capsys.readouterr().err
    assert not settings.paths.sign_in_token.exists()
