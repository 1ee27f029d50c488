"""Calls restic on one repository: its environment, its locks, its errors."""

import os
import shutil
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.backup import arguments
from core.backup.failures import BackupError, LockedError, explain, stalled_full
from core.backup.find import Restic
from core.backup.program import (
    Call,
    OnLine,
    OnTick,
    Outcome,
    StalledError,
    WatchedRunner,
)
from core.backup.repository import Repository, new_recovery_key
from core.errors import CorruptError, DatahallError

# restic removes the pack that did not fit, so a full disk has some room again: packs are 16 MiB
# by default, and up to 128 MiB when the user asks for larger ones.
_ROOM_BYTES = 128 << 20


@dataclass(slots=True)
class ResticClient:
    """Runs restic on `place`.

    `find` is asked for restic on first use, so that a client can be made where restic is missing.
    """

    place: Repository
    find: Callable[[], Restic]
    runner: WatchedRunner
    _restic: Restic | None = field(default=None, init=False)

    @property
    def restic(self) -> Restic:
        """The program; raises UnavailableError."""
        if self._restic is None:
            self._restic = self.find()
        return self._restic

    def call(self, argv: Sequence[str], *, on_line: OnLine | None = None) -> Outcome:
        """Run restic; raises what any other end than success means."""
        outcome = self.run(argv, on_line=on_line)
        if outcome.exit_code != 0:
            raise explain(outcome, self.place.name)
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
        """Run restic; once more when only something stood in the way that could be removed."""
        outcome = self.once(argv, on_line=on_line, on_tick=on_tick, folder=folder)
        if outcome.exit_code == 0:
            return outcome
        error = explain(outcome, self.place.name)
        if self._removes_lock(error) or (uses_cache and self._removes_cache(error)):
            return self.once(argv, on_line=on_line, on_tick=on_tick, folder=folder)
        return outcome

    def once(
        self,
        argv: Sequence[str],
        *,
        on_line: OnLine | None = None,
        on_tick: OnTick | None = None,
        folder: Path | None = None,
        keep_open: Sequence[int] = (),
    ) -> Outcome:
        """Run restic with the repository's environment, whatever comes of it.

        Raises StalledError, or why restic does nothing any more.
        """
        self.place.check_key_file()
        call = Call(
            argv=argv,
            environment=self.place.environment,
            folder=folder,
            keep_open=keep_open,
        )
        try:
            return self.runner.run(call, on_line=on_line, on_tick=on_tick)
        except StalledError as error:
            cause = self._why_stalled(error)
            if cause is None:
                raise
            raise cause from error

    def _why_stalled(self, error: StalledError) -> DatahallError | None:
        """Return the cause that restic named before it went on trying in silence, or a full disk.

        restic 0.14 sometimes waits for ever, without a word, for an upload that failed on a full
        disk. None when neither is known.
        """
        cause = explain(Outcome(exit_code=1, stderr=error.stderr), self.place.name)
        if type(cause) is not BackupError:
            return cause
        free = self.place.free_bytes()
        if free is None or free >= _ROOM_BYTES:
            return None
        return stalled_full(self.place.name, free)

    def add_recovery_key(self) -> str:
        """Add a second key and return it; it passes through a pipe and never touches a disk."""
        key = new_recovery_key()
        reading, writing = os.pipe()
        try:
            os.write(writing, key.encode() + b"\n")
            os.close(writing)
            argv = arguments.add_key(self.restic, f"/dev/fd/{reading}")
            outcome = self.once(argv, keep_open=(reading,))
        finally:
            os.close(reading)
        if outcome.exit_code != 0:
            raise explain(outcome, self.place.name)
        return key

    def _removes_lock(self, error: DatahallError) -> bool:
        """Remove a lock of this host by a process that is gone (a backup that was killed).

        Locks of other hosts, or of living processes, are never removed from here.
        """
        if not isinstance(error, LockedError) or not error.is_left_behind(socket.gethostname()):
            return False
        self.once(arguments.unlock(self.restic))
        return True

    def _removes_cache(self, error: DatahallError) -> bool:
        """Remove the cache where something is damaged: it may be the cache, not the repository."""
        if not isinstance(error, CorruptError) or not self.place.cache.exists():
            return False
        shutil.rmtree(self.place.cache, ignore_errors=True)
        return True
