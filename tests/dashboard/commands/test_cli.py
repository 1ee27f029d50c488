"""The root of the command line: options, errors, exit statuses, and what a command imports."""

import json
import re
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.actions.workspace import open_workspace
from core.command import module_argv, run_command
from core.operations.supervision import lock_home
from core.settings import Settings
from dashboard.commands import up
from dashboard.commands.cli import run

UNDECODABLE = "caf\udce9"  # how Python shows an argument that is no UTF-8


READ_COMMANDS = ["runs list", "data list", "jobs list", "models list", "backup list", "audit list"]
SLOW_PACKAGES = (
    *("torch", "mlflow", "streamlit", "starlette", "ctranslate2", "sentencepiece", "sacrebleu"),
    *("pandas", "numpy", "plotly", "httpx", "alembic", "psycopg", "core.data.demo"),
)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Do not wait for ports, use free ones, and restore the signal handlers."""
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
def test_invalid_arguments_are_refused_in_one_line(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments, "--home", str(tmp_path / "home")]) == 2
    assert capsys.readouterr().err.startswith("datahall: ")


@pytest.mark.parametrize("home", ["", " ", UNDECODABLE])
def test_an_empty_name_of_the_home_folder_is_refused(
    home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script with an unset variable must not fill the current folder."""
    monkeypatch.chdir(tmp_path)
    assert run(["runs", "list", "--home", home]) == 2
    assert not list(tmp_path.iterdir())


def test_an_unexpected_os_error_names_the_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").write_text("in the way")
    ports = ["--port", "0"]
    assert run(["up", "--no-browser", *ports, "--home", str(tmp_path)]) == 1
    assert str(tmp_path / "logs") in capsys.readouterr().err


def test_up_names_the_port_in_use_and_the_variable_that_changes_it(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code = run(["up", "--no-browser", "--port", str(port), "--home", str(settings.home)])

    shown = " ".join(capsys.readouterr().err.split())
    assert code == 2
    assert f"127.0.0.1 port {port}: another program uses this port" in shown
    assert "DATAHALL_WEB_PORT" in shown


@pytest.mark.parametrize("command", [("up", "--no-browser", "--port", "0"), ("runs", "list")])
@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_home_that_is_a_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...], name: str
) -> None:
    (tmp_path / "file").write_text("mine")
    assert run([*command, "--home", str(tmp_path / name)]) == 2
    assert f"home {tmp_path / name} is a file, or is inside one" in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "mine"


def test_a_home_that_cannot_be_written_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Not even root can make a folder below /proc."""
    assert run(["up", "--no-browser", "--port", "0", "--home", "/proc/datahall"]) == 2
    shown = capsys.readouterr().err
    assert "/proc/datahall cannot be written" in shown
    assert "--home DIR" in shown


def test_a_second_up_on_one_home_is_refused(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with lock_home(settings.paths):
        code = run(["up", "--no-browser", "--port", "0", "--home", str(settings.home)])

    assert code == 2
    assert "already (process" in capsys.readouterr().err
    assert not settings.paths.sign_in_token.exists()


def test_up_on_a_damaged_database_names_the_command_that_restores_it(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_workspace(settings):
        pass
    with settings.paths.database.open("r+b") as file:
        file.write(bytes(16))
    assert run(["up", "--no-browser", "--port", "0", "--home", str(settings.home)]) == 1
    shown = capsys.readouterr().err
    assert "damaged" in shown
    assert f"datahall backup recover --home {settings.home}" in shown
    assert run(["doctor", "--home", str(settings.home)]) == 1
    assert f"datahall backup recover --home {settings.home}" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("command", READ_COMMANDS)
def test_a_read_command_imports_no_slow_package(settings: Settings, command: str) -> None:
    """It has to answer within 0.35 s."""
    script = (
        "import json, sys\n"
        "from dashboard.commands.cli import run\n"
        f"run({[*command.split(), '--home', str(settings.home)]!r})\n"
        f"print(json.dumps(sorted(set({SLOW_PACKAGES!r}) & set(sys.modules))))"
    )
    result = run_command([sys.executable, "-P", "-c", script], timeout_s=60)

    assert json.loads(result.stdout.splitlines()[-1]) == []


def test_the_version_needs_neither_a_home_nor_the_database() -> None:
    script = (
        "import sys, dashboard.commands.cli as cli; cli.run(['--version']); print(*sys.modules)"
    )
    result = run_command([sys.executable, "-P", "-c", script], timeout_s=60)

    version, modules = result.stdout.splitlines()
    assert re.fullmatch(r"datahall \d+\.\d+\.\d+", version)
    assert "sqlalchemy" not in modules.split()


@pytest.mark.parametrize("words", [["-h"], ["runs", "-h"], ["runs", "list", "-h"], []])
def test_help_is_printed_with_exit_status_0(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 0
    short = capsys.readouterr().out

    assert run([*(words if "-h" not in words else words[:-1]), "--help"]) == 0
    assert capsys.readouterr().out == short


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["runs", "lst"],
            "No such command 'lst'. Did you mean 'list'? See \"datahall runs --help\"",
        ),
        (["runs", "list", "--jsn"], "No such option: --jsn"),
        (["runs", "show"], "Missing argument"),
        (["jobs", "list", "--limit", "0"], "Invalid value for '--limit'"),
    ],
)
def test_wrong_usage_is_one_line_that_names_the_help(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"datahall: {message}")
    assert error.rstrip().endswith('--help"')
    assert error.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completes_commands(shell: str) -> None:
    environment = {
        "_DATAHALL_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": "datahall runs l", "COMP_CWORD": "2",
        "_TYPER_COMPLETE_ARGS": "datahall runs l", "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }  # fmt: skip
    result = run_command(module_argv("dashboard"), environment=environment, timeout_s=60)

    assert {"list", "log"} <= set(re.findall(r"\w+", result.stdout))


def test_ctrl_c_ends_a_command_with_130(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dashboard.commands.doctor.examine", interrupt)

    assert run(["doctor", "--home", str(settings.home)]) == 130
    assert "interrupted" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_output_does_not_depend_on_the_encoding_of_the_terminal(
    settings: Settings, encoding: str, flags: tuple[str, ...]
) -> None:
    text = settings.home / "signs.tsv"
    text.write_text("Sign\tí ŝ →\n", encoding="utf-8")
    home = ("--home", str(settings.home))
    imported = ("data", "import", "signs", str(text), "--source", "en", "--target", "es")
    assert run([*imported, *home]) == 0

    argv = module_argv("dashboard", "data", "show", "signs", *flags, *home)
    result = run_command(argv, environment={"PYTHONIOENCODING": encoding}, timeout_s=60)

    assert (result.exit_code, result.stderr) == (0, "")
    if flags:
        assert json.loads(result.stdout)["examples"][0]["target"] == "í ŝ →"
