"""Every failure of restic 0.14 to 0.19 becomes an error with its cause and a remedy."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from core.backup.errors import (
    AppendOnlyError,
    BackupError,
    CancelledError,
    DestinationFullError,
    IncompleteError,
    LockedError,
    NoRepositoryError,
    SourceMissingError,
    WrongKeyError,
    list_names,
)
from core.backup.output import explain, explain_incomplete, explain_restore
from core.backup.program import Outcome
from core.errors import CorruptError, DatahallError, NotFoundError

ROOT = Path("/h")
LOCKED = (
    "unable to create lock in backend: repository is already locked {how}by PID 8929 on vm by root"
    " (UID 0, GID 0)\nlock was created at 2026-11-24 08:56:41 (1m12.5s ago)\nstorage ID 68d80a4d"
)
CASES: list[tuple[int, str, type[DatahallError]]] = [
    (1, "Fatal: write /r/data/x: no space left on device", DestinationFullError),
    (1, '{"message_type":"exit_error","code":1,"message":"disk quota exceeded"}',
     DestinationFullError),
    (1, "Fatal: wrong password or no key found", WrongKeyError),
    (12, '{"message_type":"exit_error","code":12,"message":"Fatal: wrong password"}',
     WrongKeyError),
    (1, "Fatal: unable to open config file\nIs there a repository at the following location?",
     NoRepositoryError),
    (10, '{"message_type":"exit_error","code":10,"message":"Fatal: repository does not exist"}',
     NoRepositoryError),
    (1, LOCKED.format(how="exclusively "), LockedError),
    (11, LOCKED.format(how=""), LockedError),
    (11, '{"message_type":"exit_error","code":11,"message":"Fatal: unable to create lock"}',
     LockedError),
    (1, "Fatal: load <index/69564c7d5c>: invalid data returned", CorruptError),
    (1, '{"message_type":"exit_error","code":1,"message":"Fatal: repository contains errors"}',
     CorruptError),
    (1, "Fatal: Unmarshal: illegal base64 data at input byte 97", CorruptError),
    (1, "error: error loading index 69\nFatal: LoadIndex returned errors", CorruptError),
    (1, f"ignoring error for /x: open /r/data/77/{'7' * 64}: no such file or directory",
     CorruptError),
    (1, f"restoring <Snapshot 63b0aec1>\nUnknown blob {'a' * 64}\nmain.main", CorruptError),
    (1, f"id {'3' * 64} not found in repository", CorruptError),
    (1, 'invalid id "deadbeef": no matching ID found for prefix "deadbeef"', NotFoundError),
    (1, ('{"message_type":"exit_error","code":1,"message":"Fatal: failed to find snapshot:'
     ' no matching ID found for prefix \\"feedfeed\\""}'), NotFoundError),
    (1, "unable to remove snapshot: server response: 403 Forbidden (403)", AppendOnlyError),
    (130, "", CancelledError),
    (1, "signal interrupt received, cleaning up", CancelledError),
    (1, "Fatal: something nobody has seen", BackupError),
    (77, "", BackupError),
]  # fmt: skip


@pytest.mark.parametrize(("code", "words", "kind"), CASES)
def test_the_cause_follows_from_the_exit_code_or_the_text(
    code: int, words: str, kind: type[DatahallError]
) -> None:
    error = explain(Outcome(exit_code=code, stderr=tuple(words.split("\n"))), "/r")
    assert type(error) is kind
    if kind not in (BackupError, CancelledError):
        assert error.remedy


def test_an_unknown_failure_shows_the_last_line() -> None:
    words = ("noise", '{"message_type":"exit_error","code":1,"message":"' + "x" * 2000 + '"}')
    error = explain(Outcome(exit_code=1, stderr=words), "/r")
    assert "noise" not in error.message
    assert len(error.message) < 600


def test_a_number_in_a_file_name_is_not_an_http_status() -> None:
    words = ("open runs/403/log.txt: permission denied",)
    assert type(explain(Outcome(exit_code=1, stderr=words), "/r")) is BackupError


def test_a_lock_names_its_holder_and_its_age() -> None:
    lines = tuple(LOCKED.format(how="exclusively ").split("\n"))
    error = explain(Outcome(exit_code=1, stderr=lines), "/r")
    assert isinstance(error, LockedError)
    assert (error.pid, error.host, error.age_s) == (8929, "vm", 72.5)
    assert error.message == (
        "the repository is locked by process 8929 on host vm since 2026-11-24 08:56:41 (1 min ago)"
    )


def test_a_lock_of_a_clock_that_is_ahead_is_not_stale() -> None:
    lines = tuple(LOCKED.format(how="").replace("1m12.5s ago", "-2h0m0s ago").split("\n"))
    error = explain(Outcome(exit_code=1, stderr=lines), "/r")
    assert isinstance(error, LockedError)
    assert not error.is_stale("elsewhere")
    assert "in the future" in error.message


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("31m0.5s", 1860.5),
        ("2h3m4s", 7384.0),
        ("250ms", 0.25),
        ("1.5s", 1.5),
        ("-4h59m42s", -17982.0),
    ],
)
def test_the_age_of_a_lock_is_parsed(text: str, seconds: float) -> None:
    lines = tuple(LOCKED.format(how="").replace("1m12.5s", text).split("\n"))
    error = explain(Outcome(exit_code=1, stderr=lines), "/r")
    assert isinstance(error, LockedError)
    assert error.age_s == pytest.approx(seconds)


def test_a_lock_is_stale_when_its_process_is_dead_or_it_is_older_than_30_minutes() -> None:
    here = socket.gethostname()
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    assert LockedError(pid=done.pid, host=here).is_stale(here)
    assert not LockedError(pid=os.getpid(), host=here).is_stale(here)
    assert not LockedError(pid=done.pid, host="elsewhere", age_s=1799).is_stale(here)
    assert LockedError(pid=done.pid, host="elsewhere", age_s=1801).is_stale(here)
    assert not LockedError(pid=0, host=here).is_stale(here)


@pytest.mark.parametrize("code", [0, 3])
def test_a_missing_source_is_reported_whatever_the_exit_code(code: int) -> None:
    error = explain_incomplete(
        Outcome(exit_code=code, stderr=("gone does not exist, skipping",)), ROOT
    )
    assert isinstance(error, SourceMissingError)
    assert error.files == ("gone",)


def test_files_that_disappeared_are_reported_although_restic_exits_with_0() -> None:
    line = '{"message_type":"error","error":{"message":"lstat"},"during":"scan","item":"/h/x"}'
    error = explain_incomplete(Outcome(exit_code=0, stderr=(line, "", line[:40])), ROOT)
    assert isinstance(error, IncompleteError)
    assert error.files == ("/h/x",)


def test_an_incomplete_backup_is_reported_even_without_names() -> None:
    assert isinstance(explain_incomplete(Outcome(exit_code=3), ROOT), IncompleteError)
    assert explain_incomplete(Outcome(exit_code=0, stderr=("just a note",)), ROOT) is None


def test_a_restore_names_the_files_that_it_could_not_write() -> None:
    words = ("ignoring error for /d/a: operation not permitted", "Fatal: There were 1 errors", "")
    error = explain_restore(Outcome(exit_code=1, stderr=words), "/r")
    assert isinstance(error, IncompleteError)
    assert error.files == ("/d/a",)
    damaged = ("ignoring error for /d/a: ciphertext verification failed",)
    assert isinstance(explain_restore(Outcome(exit_code=1, stderr=damaged), "/r"), CorruptError)


def test_a_long_list_of_names_is_shortened() -> None:
    assert list_names(["a\nb"]) == "'a\\nb'"
    assert list_names(list("abcdefg")) == "'a', 'b', 'c', 'd', 'e' and 2 more"
