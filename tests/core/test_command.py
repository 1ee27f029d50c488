"""Running and starting external programs."""

import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import pytest

from core.command import describe_exit, module_argv, run_command, start
from core.errors import CommandError, UnavailableError

PARENT = """
import signal, sys
from core.command import start
child = start(("/bin/sleep", "60"), die_with_parent=sys.argv[1] == "die")
print(child.pid, flush=True)
signal.pause()
"""


def test_a_program_runs_to_its_end() -> None:
    done = run_command(("/bin/sh", "-c", r"printf 'a\377b'; echo oops >&2; exit 7"))
    assert (done.exit_code, done.stdout, done.stderr) == (7, "a�b", "oops\n")


def test_arguments_are_passed_unchanged() -> None:
    words = ("; rm -rf /", "$HOME", "a b\n", "'\"", "*", "")
    shown = run_command((sys.executable, "-c", "import sys; print(sys.argv[1:])", *words))
    assert shown.stdout.strip() == str(list(words))


def test_variables_are_added_to_the_inherited_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OURS", "1")
    done = run_command(("/bin/sh", "-c", "echo $OURS $THEIRS"), environment={"THEIRS": "2"})
    assert done.stdout == "1 2\n"


@pytest.mark.parametrize(
    ("program", "words"),
    [("no-such-program", "is not installed"), ("/etc/passwd", "cannot be run: Permission denied")],
)
def test_a_program_that_cannot_be_started_is_unavailable(program: str, words: str) -> None:
    with pytest.raises(UnavailableError, match=words):
        run_command((program,))
    with pytest.raises(UnavailableError, match=words):
        start((program,))


def test_a_missing_working_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="gone does not exist"):
        start(("/bin/true",), folder=tmp_path / "gone")


def test_a_program_that_hangs_is_killed() -> None:
    started_at = time.monotonic()
    with pytest.raises(CommandError, match=r"0\.2 s"):
        run_command(("/bin/sleep", "60"), timeout_s=0.2)
    assert time.monotonic() - started_at < 10


def test_a_started_program_writes_to_its_log_in_its_folder(tmp_path: Path) -> None:
    with tempfile.TemporaryFile() as log:
        process = start(("/bin/sh", "-c", "pwd; echo err >&2"), log=log, folder=tmp_path)
        assert process.wait() == 0
        log.seek(0)
        assert log.read().decode() == f"{tmp_path}\nerr\n"


def test_a_started_program_has_its_own_session() -> None:
    process = start(("/bin/sleep", "60"))
    assert os.getsid(process.pid) == process.pid
    process.kill()
    process.wait()


def test_excluded_variables_are_not_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "1")
    process = start(("/bin/sh", "-c", "echo [$SECRET][$A]"), without=["SECRET"],
                    environment={"A": "2"}, capture=True)  # fmt: skip
    assert process.communicate()[0] == b"[][2]\n"


def test_only_named_descriptors_are_inherited(tmp_path: Path) -> None:
    """Under the same numbers."""
    with (tmp_path / "a").open("w") as kept, (tmp_path / "b").open("w") as ours:
        program = f"for n in {kept.fileno()} {ours.fileno()}; do test -e /dev/fd/$n; echo $?; done"
        process = start(("/bin/sh", "-c", program), keep_open=[kept.fileno()], capture=True)
        assert process.communicate()[0] == b"0\n1\n"


@pytest.mark.parametrize(("word", "is_ended"), [("die", True), ("live", False)])
def test_a_child_can_end_with_its_killed_parent(word: str, *, is_ended: bool) -> None:
    parent = start((sys.executable, "-P", "-c", PARENT, word), capture=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    end = time.monotonic() + (10 if is_ended else 0.5)
    while _runs(child) and time.monotonic() < end:
        time.sleep(0.02)
    assert _runs(child) is not is_ended
    if not is_ended:
        os.kill(child, signal.SIGKILL)


def test_a_folder_named_core_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "__init__.py").write_text("raise SystemExit('a stranger')")
    process = start(module_argv("core.jobs", "--help"), folder=tmp_path, capture=True)
    output, _ = process.communicate()
    assert process.returncode == 0, output


@pytest.mark.parametrize(
    ("returncode", "description"),
    [
        (0, "exit code 0"),
        (3, "exit code 3"),
        (-9, "killed by SIGKILL (by a user, or by the system because memory ran out)"),
        (-11, "crashed with SIGSEGV"),
        (-15, "terminated by SIGTERM"),
        (-99, "killed by signal 99"),
    ],
)
def test_the_end_of_a_process_is_described(returncode: int, description: str) -> None:
    assert describe_exit(returncode) == description


def _runs(pid: int) -> bool:
    """Whether a process is there and not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
