"""Run restic on one repository: its command lines, its environment, its stale locks, its errors.

The repository and its password are never part of a command line, which every user of the machine
may read: they are passed in the environment. tests/golden/restic-argv.txt shows the command lines.
"""

import contextlib
import os
import re
import secrets
import shutil
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.backup.errors import (
    BackupError,
    DestinationFullError,
    LockedError,
    NoRepositoryError,
    StalledError,
    UnsafeKeyError,
    WrongKeyError,
    missing_repository,
    no_repository,
)
from core.backup.install import Restic
from core.backup.manifest import EXCLUDED
from core.backup.output import FREE_SPACE, explain
from core.backup.program import Call, OnLine, OnTick, Outcome, WatchedRunner
from core.errors import CorruptError, DatahallError
from core.files import PRIVATE_FILE, PRIVATE_FOLDER, read_json, write_json, write_new

RECOVERY_USER = "recovery"
_GLOB = re.compile(r"([\\*?\[\]])")
_REMOTE = re.compile(r"^(sftp|rest|s3|b2|azure|gs|swift|rclone):")
_PASSWORD_IN_URL = re.compile(r"//([^/@:]+):[^/@]+@")
_DISK_TIMEOUT_S = 5.0
_KEY_BYTES = 48
_OTHER_USERS = 0o077
# No 0, 1, I, L, O: a recovery key is typed from paper.
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_GROUPS = 8
_GROUP_LENGTH = 5
# restic deletes the pack that did not fit, so a full disk has some space again: packs are 16 MiB
# by default, and up to 128 MiB when the user asks for larger ones.
_FULL_DISK_BYTES = 128 << 20


def literal_pattern(name: str) -> str:
    """Return the pattern that matches `name` and nothing else."""
    return _GLOB.sub(r"\\\1", name)


def init_argv(restic: Restic) -> tuple[str, ...]:
    """Create the repository."""
    return (str(restic.path), "init")


def config_argv(restic: Restic) -> tuple[str, ...]:
    """Open the repository; fails when there is none."""
    return (str(restic.path), "cat", "config", "--json")


def keys_argv(restic: Restic) -> tuple[str, ...]:
    """List the keys."""
    return (str(restic.path), "key", "list", "--json")


def add_key_argv(restic: Restic, password_file: str) -> tuple[str, ...]:
    """Add the recovery key, whose password is read from `password_file`."""
    return (
        str(restic.path), "key", "add", "--user", RECOVERY_USER,
        "--new-password-file", password_file,
    )  # fmt: skip


def backup_argv(
    restic: Restic, root: Path, names: Sequence[str], tags: Sequence[str]
) -> tuple[str, ...]:
    """Store `names`, relative to `root`, the folder that restic runs in.

    The exclusion patterns begin with the root: a home below a folder `x.tmp` is not excluded.
    """
    tag_options = tuple(part for tag in tags for part in ("--tag", tag))
    excludes = tuple(
        part
        for name in EXCLUDED
        for part in ("--exclude", f"{literal_pattern(str(root))}/**/{name}")
    )
    return (str(restic.path), "backup", "--json", *tag_options, *excludes, "--", *names)


def snapshots_argv(restic: Restic) -> tuple[str, ...]:
    """List the snapshots."""
    return (str(restic.path), "snapshots", "--json")


def contents_argv(restic: Restic, snapshot_id: str) -> tuple[str, ...]:
    """List the files of one snapshot, after the snapshot itself."""
    return (str(restic.path), "ls", "--json", snapshot_id)


def restore_argv(
    restic: Restic, snapshot_id: str, target: Path, only: str | None = None
) -> tuple[str, ...]:
    """Write a snapshot, or the one file or folder named `only`, below `target`."""
    form = ("--json",) if restic.has_restore_progress else ()
    include = ("--include", "/" + literal_pattern(only)) if only else ()
    return (str(restic.path), "restore", *form, "--target", str(target), *include, snapshot_id)


def check_argv(restic: Restic, *, read_data: bool) -> tuple[str, ...]:
    """Check the structure, with `read_data` every stored byte."""
    form = ("--json",) if restic.has_check_json else ()
    depth = ("--read-data",) if read_data else ()
    return (str(restic.path), "check", *form, *depth)


def forget_argv(restic: Restic, snapshot_ids: Sequence[str]) -> tuple[str, ...]:
    """Remove snapshots and the data that only they used."""
    return (str(restic.path), "forget", "--json", "--prune", *snapshot_ids)


def list_locks_argv(restic: Restic) -> tuple[str, ...]:
    """List the ids of the locks."""
    return (str(restic.path), "list", "locks", "--no-lock")


def show_lock_argv(restic: Restic, lock_id: str) -> tuple[str, ...]:
    """Print one lock as JSON."""
    return (str(restic.path), "cat", "lock", lock_id, "--no-lock")


def unlock_argv(restic: Restic, *, remove_all: bool = False) -> tuple[str, ...]:
    """Remove stale locks (older than 30 min, or of an ended process of this host), or all."""
    return (str(restic.path), "unlock", *(("--remove-all",) if remove_all else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """The location of a restic repository, and the key file that opens it.

    Attributes:
        address: a folder or a URL as restic takes it.
        root: the folder that stored names are relative to.
        history: file that lists the locations that held a repository.
        stall_s: seconds without any activity after which restic is terminated.
    """

    address: str
    key_file: Path
    cache: Path
    root: Path
    history: Path
    stall_s: float = 120.0

    @property
    def folder(self) -> Path | None:
        """The repository's folder; None when it is on a server."""
        if _REMOTE.match(self.address):
            return None
        return self.root / Path(self.address.removeprefix("local:")).expanduser()

    @property
    def name(self) -> str:
        """The location as it may be shown and recorded: without the password of a URL."""
        folder = self.folder
        return str(folder) if folder else _PASSWORD_IN_URL.sub(r"//\1:***@", self.address)

    @property
    def key(self) -> str:
        """The location in records, relative to the home: it stays valid when the home is moved."""
        folder = self.folder
        if folder is not None and folder.is_relative_to(self.root):
            return folder.relative_to(self.root).as_posix()
        return self.name

    @property
    def environment(self) -> Mapping[str, str]:
        """Restic's environment; every other way to give a password is cleared."""
        folder = self.folder
        return {
            "RESTIC_REPOSITORY": str(folder) if folder else self.address,
            "RESTIC_REPOSITORY_FILE": "",
            "RESTIC_PASSWORD_FILE": str(self.key_file),
            "RESTIC_PASSWORD": "",
            "RESTIC_PASSWORD_COMMAND": "",
            "RESTIC_KEY_HINT": "",
            "RESTIC_CACHE_DIR": str(self.cache),
            "RESTIC_PROGRESS_FPS": "3",
        }

    def has_held_repository(self) -> bool:
        """Whether this location held a repository before."""
        return self.key in self._read_history()

    def record_repository(self) -> None:
        """Record in a file outside the database that this location holds a repository."""
        found = self._read_history()
        if self.key not in found:
            write_json(self.history, {"held": [*found, self.key]}, mode=PRIVATE_FILE)

    def absent(self) -> NoRepositoryError:
        """Return the error for a location without a repository: new, or lost since."""
        make = missing_repository if self.has_held_repository() else no_repository
        return make(self.name)

    def free_bytes(self) -> int | None:
        """Return the space left on the repository's device; None when unknown.

        The call runs in a thread, because it hangs while a file server does not respond.
        """
        folder = self.folder
        if folder is None:
            return None
        answers: list[int] = []

        def read_free_space() -> None:
            with contextlib.suppress(OSError):
                existing = next(path for path in (folder, *folder.parents) if path.exists())
                answers.append(shutil.disk_usage(existing).free)

        reader = threading.Thread(target=read_free_space, daemon=True)
        reader.start()
        reader.join(_DISK_TIMEOUT_S)
        return answers[0] if answers else None

    def check_key_file(self) -> None:
        """Raise when the key file is absent, empty or readable by other users."""
        try:
            status = self.key_file.stat()
        except FileNotFoundError:
            if self.folder is not None and not (self.folder / "config").exists():
                raise self.absent() from None
            status = None
        if status is None or status.st_size == 0:
            state = "does not exist" if status is None else "is empty"
            raise WrongKeyError(
                f"the key file {self.key_file} of the repository {self.name} {state}",
                remedy=f"Write the recovery key into it: install -m 600 /dev/stdin {self.key_file}",
            )
        if status.st_mode & _OTHER_USERS:
            raise UnsafeKeyError(
                f"other users may read the key file {self.key_file}",
                remedy=f"Make it private: chmod 600 {self.key_file}",
            )

    def create_key_file(self) -> None:
        """Write a random key, mode 600 from its first byte; an existing file is kept."""
        self.key_file.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        write_new(self.key_file, secrets.token_urlsafe(_KEY_BYTES) + "\n", mode=PRIVATE_FILE)

    def _read_history(self) -> Sequence[str]:
        try:
            return [str(entry) for entry in read_json(self.history)["held"]]
        except (OSError, ValueError, KeyError, TypeError):
            return ()


@dataclass(slots=True)
class ResticClient:
    """Runs restic on `location`.

    `find` returns the program on first use, so that a client can be made where restic is missing.
    A client that only reads can do so without a lock: then no other lock stops it.
    """

    location: Location
    find: Callable[[], Restic]
    runner: WatchedRunner
    takes_locks: bool = True
    _restic: Restic | None = field(default=None, init=False)

    @property
    def restic(self) -> Restic:
        """The program; raises UnavailableError."""
        if self._restic is None:
            self._restic = self.find()
        return self._restic

    def call(self, argv: Sequence[str], *, on_line: OnLine | None = None) -> Outcome:
        """Run restic; raises the error for every exit status but 0."""
        outcome = self.run(argv, on_line=on_line)
        if outcome.exit_code != 0:
            raise self.explain(outcome)
        return outcome

    def run(
        self,
        argv: Sequence[str],
        *,
        on_line: OnLine | None = None,
        on_tick: OnTick | None = None,
        folder: Path | None = None,
        uses_cache: bool = True,
    ) -> Outcome:
        """Run restic; a second time after removing a stale lock or a damaged cache."""
        outcome = self.run_once(argv, on_line=on_line, on_tick=on_tick, folder=folder)
        if outcome.exit_code == 0:
            return outcome
        error = self.explain(outcome)
        if self._removes_lock(error) or (uses_cache and self._removes_cache(error)):
            return self.run_once(argv, on_line=on_line, on_tick=on_tick, folder=folder)
        return outcome

    def run_once(
        self,
        argv: Sequence[str],
        *,
        on_line: OnLine | None = None,
        on_tick: OnTick | None = None,
        folder: Path | None = None,
        keep_open: Sequence[int] = (),
    ) -> Outcome:
        """Run restic with the repository's environment and return its outcome.

        Raises StalledError, or the cause of the stall where it is known.
        """
        self.location.check_key_file()
        call = Call(
            argv=argv if self.takes_locks else (*argv, "--no-lock"),
            environment=self.location.environment,
            folder=folder,
            keep_open=keep_open,
        )
        try:
            return self.runner.run(call, on_line=on_line, on_tick=on_tick)
        except StalledError as error:
            cause = self._cause_of_stall(error)
            if cause is None:
                raise
            raise cause from error

    def explain(self, outcome: Outcome) -> DatahallError:
        """Return the error for a call that failed."""
        error = explain(outcome, self.location.name)
        return self.location.absent() if isinstance(error, NoRepositoryError) else error

    def add_recovery_key(self) -> str:
        """Add a second key and return it; it passes through a pipe, never through a file."""
        key = new_recovery_key()
        reading, writing = os.pipe()
        try:
            os.write(writing, key.encode() + b"\n")
            os.close(writing)
            argv = add_key_argv(self.restic, f"/dev/fd/{reading}")
            outcome = self.run_once(argv, keep_open=(reading,))
        finally:
            os.close(reading)
        if outcome.exit_code != 0:
            raise self.explain(outcome)
        return key

    def _cause_of_stall(self, error: StalledError) -> DatahallError | None:
        """Return the cause that restic printed before it stalled, or a full disk; None if unknown.

        restic 0.14 sometimes hangs, without output, for an upload that failed because the
        disk was full.
        """
        cause = self.explain(Outcome(exit_code=1, stderr=error.stderr))
        if type(cause) is not BackupError:
            return cause
        free = self.location.free_bytes()
        if free is None or free >= _FULL_DISK_BYTES:
            return None
        return DestinationFullError(
            f"restic stalled, and the disk of the repository {self.location.name} has only "
            f"{free >> 20} MiB left",
            remedy=FREE_SPACE,
        )

    def _removes_lock(self, error: DatahallError) -> bool:
        """Remove a stale lock; a lock that may be in use is never removed here."""
        if not isinstance(error, LockedError) or not error.is_stale(socket.gethostname()):
            return False
        self.run_once(unlock_argv(self.restic))
        return True

    def _removes_cache(self, error: DatahallError) -> bool:
        """Remove the cache where something is damaged: the damage may be in the cache alone."""
        if not isinstance(error, CorruptError) or not self.location.cache.exists():
            return False
        shutil.rmtree(self.location.cache, ignore_errors=True)
        return True


def new_recovery_key() -> str:
    """Return a key that can be written down: 8 groups of 5 characters, 198 bits."""
    groups = (
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS)
    )
    return "-".join(groups)
