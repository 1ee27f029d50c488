"""Every failure has a cause and a remedy, in the words of restic 0.14 to 0.19."""

import os
import socket
import subprocess
import sys

import pytest

from core.backup.failures import (
    AppendOnlyError,
    BackupError,
    CancelledError,
    DestinationFullError,
    IncompleteError,
    LockedError,
    NoRepositoryError,
    SourceMissingError,
    WrongKeyError,
    explain,
    explain_gaps,
    explain_restore,
    name_some,
)
from core.backup.program import Outcome
from core.errors import CorruptError, DatahallError, NotFoundError

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
def test_the_cause_is_known_from_the_code_or_the_words(
    code: int, words: str, kind: type[DatahallError]
) -> None:
    """And every known cause comes with a remedy or a state that needs none."""
    error = explain(Outcome(exit_code=code, stderr=tuple(words.split("\n"))), "/r")
    assert type(error) is kind
    if kind not in (BackupError, CancelledError):
        assert error.remedy


def test_an_unknown_failure_tells_the_last_words() -> None:
    """Better restic's sentence than none, cut to a readable length."""
    words = ("noise", '{"message_type":"exit_error","code":1,"message":"' + "x" * 2000 + '"}')
    error = explain(Outcome(exit_code=1, stderr=words), "/r")
    assert "noise" not in error.message
    assert len(error.message) < 600


def test_a_number_in_a_file_name_is_no_answer_of_a_server() -> None:
    """`403` may be a run's id."""
    words = ("open runs/403/log.txt: permission denied",)
    assert type(explain(Outcome(exit_code=1, stderr=words), "/r")) is BackupError


def test_a_lock_tells_who_holds_it_and_since_when() -> None:
    """What a person needs to decide whether to remove it."""
    words = tuple(LOCKED.format(how="exclusively ").split("\n"))
    error = explain(Outcome(exit_code=1, stderr=words), "/r")
    assert isinstance(error, LockedError)
    assert (error.pid, error.host, error.age) == (8929, "vm", "1m12.5s")


def test_only_a_lock_of_a_dead_process_of_this_host_was_left_behind() -> None:
    """Another host's process cannot be looked for from here."""
    here = socket.gethostname()
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    assert LockedError(pid=done.pid, host=here, age="").is_left_behind(here)
    assert not LockedError(pid=os.getpid(), host=here, age="").is_left_behind(here)
    assert not LockedError(pid=done.pid, host="elsewhere", age="").is_left_behind(here)
    assert not LockedError(pid=0, host=here, age="").is_left_behind(here)


@pytest.mark.parametrize("code", [0, 3])
def test_a_missing_source_is_told_whatever_the_exit_code(code: int) -> None:
    """0.14 and 0.18 end with 0."""
    error = explain_gaps(Outcome(exit_code=code, stderr=("gone does not exist, skipping",)))
    assert isinstance(error, SourceMissingError)
    assert error.files == ("gone",)


def test_vanished_files_are_told_although_restic_ends_well() -> None:
    """0.18 and 0.19 end with 0; only the scan's complaints on stderr tell."""
    line = '{"message_type":"error","error":{"message":"lstat"},"during":"scan","item":"/h/x"}'
    error = explain_gaps(Outcome(exit_code=0, stderr=(line, "", line[:40])))
    assert isinstance(error, IncompleteError)
    assert error.files == ("/h/x",)


def test_an_incomplete_backup_is_told_even_without_names() -> None:
    """Exit code 3 is enough."""
    assert isinstance(explain_gaps(Outcome(exit_code=3)), IncompleteError)
    assert explain_gaps(Outcome(exit_code=0, stderr=("just a note",))) is None


def test_a_restore_names_the_files_that_it_could_not_write() -> None:
    """Where nothing else explains them."""
    words = ("ignoring error for /d/a: operation not permitted", "Fatal: There were 1 errors", "")
    error = explain_restore(Outcome(exit_code=1, stderr=words), "/r")
    assert isinstance(error, IncompleteError)
    assert error.files == ("/d/a",)
    damaged = ("ignoring error for /d/a: ciphertext verification failed",)
    assert isinstance(explain_restore(Outcome(exit_code=1, stderr=damaged), "/r"), CorruptError)


def test_long_lists_are_cut() -> None:
    """The first five, and how many more; line breaks stay visible as such."""
    assert name_some(["a\nb"]) == "'a\\nb'"
    assert name_some(list("abcdefg")) == "'a', 'b', 'c', 'd', 'e' and 2 more"
