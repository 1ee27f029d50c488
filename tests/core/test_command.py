"""Foreign programs: how they are started, and how they end with us."""

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
    """Whatever its exit code, and whatever it prints."""
    done = run_command(("/bin/sh", "-c", r"printf 'a\377b'; echo oops >&2; exit 7"))
    assert (done.exit_code, done.stdout, done.stderr) == (7, "a�b", "oops\n")


def test_arguments_reach_the_program_as_they_are() -> None:
    """There is no shell between."""
    words = ("; rm -rf /", "$HOME", "a b\n", "'\"", "*", "")
    shown = run_command((sys.executable, "-c", "import sys; print(sys.argv[1:])", *words))
    assert shown.stdout.strip() == str(list(words))


def test_variables_are_added_to_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours stay."""
    monkeypatch.setenv("OURS", "1")
    done = run_command(("/bin/sh", "-c", "echo $OURS $THEIRS"), environment={"THEIRS": "2"})
    assert done.stdout == "1 2\n"


@pytest.mark.parametrize(
    ("program", "words"),
    [("no-such-program", "is not installed"), ("/etc/passwd", "cannot be run: Permission denied")],
)
def test_a_program_that_cannot_be_started_is_unavailable(program: str, words: str) -> None:
    """Whether it is run to its end or started."""
    with pytest.raises(UnavailableError, match=words):
        run_command((program,))
    with pytest.raises(UnavailableError, match=words):
        start((program,))


def test_a_missing_folder_is_not_a_missing_program(tmp_path: Path) -> None:
    """The message names what is missing."""
    with pytest.raises(UnavailableError, match="gone is not there"):
        start(("/bin/true",), folder=tmp_path / "gone")


def test_a_program_that_hangs_is_killed() -> None:
    """And the call fails in time."""
    begun = time.monotonic()
    with pytest.raises(CommandError, match=r"0\.2 s"):
        run_command(("/bin/sleep", "60"), timeout_s=0.2)
    assert time.monotonic() - begun < 10


def test_a_started_program_writes_to_its_log_and_lives_in_its_folder(tmp_path: Path) -> None:
    """Both kinds of output."""
    with tempfile.TemporaryFile() as log:
        process = start(("/bin/sh", "-c", "pwd; echo err >&2"), log=log, folder=tmp_path)
        assert process.wait() == 0
        log.seek(0)
        assert log.read().decode() == f"{tmp_path}\nerr\n"


def test_a_started_program_has_a_session_of_its_own() -> None:
    """Ctrl-C in our terminal is not meant for it."""
    process = start(("/bin/sleep", "60"))
    assert os.getsid(process.pid) == process.pid
    process.kill()
    process.wait()


def test_a_started_program_does_without_what_is_not_its(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable can be kept from it."""
    monkeypatch.setenv("SECRET", "1")
    process = start(("/bin/sh", "-c", "echo [$SECRET][$A]"), without=["SECRET"],
                    environment={"A": "2"}, capture=True)  # fmt: skip
    assert process.communicate()[0] == b"[][2]\n"


def test_only_named_descriptors_are_inherited(tmp_path: Path) -> None:
    """Under the same number."""
    with (tmp_path / "a").open("w") as kept, (tmp_path / "b").open("w") as ours:
        program = f"for n in {kept.fileno()} {ours.fileno()}; do test -e /dev/fd/$n; echo $?; done"
        process = start(("/bin/sh", "-c", program), keep_open=[kept.fileno()], capture=True)
        assert process.communicate()[0] == b"0\n1\n"


@pytest.mark.parametrize(("word", "is_ended"), [("die", True), ("live", False)])
def test_a_child_may_be_asked_to_end_when_its_parent_is_killed(
    word: str, *, is_ended: bool
) -> None:
    """However the parent dies."""
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


def test_our_modules_are_started_past_a_strangers_core(tmp_path: Path) -> None:
    """`-P` keeps the working folder out of the module path."""
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
