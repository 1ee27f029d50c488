"""The job supervisor: advances the queue once a second and removes the folders of old jobs.

Jobs do not depend on it: they run on when it ends, and each advances the queue when it ends.
"""

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from core.audit import Actor, Ledger, Role
from core.clock import Clock, SystemClock
from core.database import Database, open_database_of
from core.errors import ConflictError, DatahallError
from core.jobs.local import LocalLauncher
from core.jobs.rows import ended_before
from core.locks import take_lock
from core.paths import StatePaths
from core.process.stop_flag import StopFlag
from core.settings import Settings, load_settings

_INTERVAL_S = 1.0
_LONGEST_PAUSE_S = 30.0
_INTERRUPTED = 130
_DAY_S = 86_400.0
_SYSTEM = Actor(name="supervisor", role=Role.OPERATOR, origin="system")
_EXAMPLE = "example: python -P -m core.jobs --home /srv/datahall"


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run the supervisor, or advance the queue once; return the exit code."""
    parser = argparse.ArgumentParser("python -P -m core.jobs", description=__doc__, epilog=_EXAMPLE)
    parser.add_argument("command", nargs="?", choices=["tick"], help="advance the queue once")
    parser.add_argument("--home", help="home folder (default: DATAHALL_HOME)")
    given = parser.parse_args(arguments)
    try:
        settings = load_settings(environment=environment, flags={"home": given.home})
        settings.paths.prepare()
        return _tick_once(settings) if given.command == "tick" else _supervise(settings)
    except DatahallError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


def open_launcher(settings: Settings) -> LocalLauncher:
    """Open the launcher of a home folder; its database is closed by the caller."""
    return LocalLauncher(open_database_of(settings), settings.paths, settings.jobs, SystemClock())


@dataclass(slots=True, kw_only=True)
class FolderCleanup:
    """Removes the folders (logs, results) of jobs `keep_days` after their end; rows are kept."""

    database: Database
    ledger: Ledger
    paths: StatePaths
    clock: Clock
    keep_days: float
    _next_at: float = field(default=0.0, init=False)

    def remove_old_folders(self) -> int:
        """Remove old folders, at most once a day; return how many.

        A folder that cannot be removed is tried again the next day. Raises its OSError after all
        others were removed.
        """
        now = self.clock.monotonic()
        if now < self._next_at:
            return 0
        self._next_at = now + _DAY_S
        present = [path.name for path in self.paths.jobs.glob("*/")]
        with self.database.read() as connection:
            before = self.clock.now() - self.keep_days * _DAY_S
            old = ended_before(connection, before, among=present)
        if not old:
            return 0
        return self.ledger.perform(
            _SYSTEM, "jobs.tidy", "jobs", lambda: self._remove(old), {"folders": len(old)}
        )

    def _remove(self, ids: Sequence[str]) -> int:
        """Remove the folders of jobs; raises the first OSError after all were tried."""
        errors: list[OSError] = []
        for job_id in ids:
            try:
                shutil.rmtree(self.paths.job(job_id))
            except OSError as error:
                errors.append(error)
        if errors:
            raise errors[0]
        return len(ids)


def _tick_once(settings: Settings) -> int:
    """Advance the queue once."""
    launcher = open_launcher(settings)
    launcher.tick()
    launcher.database.close()
    return 0


def _supervise(settings: Settings) -> int:
    """Advance the queue until a signal; raises ConflictError when a supervisor already runs."""
    lock = take_lock(settings.paths.supervisor_lock)
    if lock is None:
        raise ConflictError(
            f"a job supervisor already runs on {settings.home}",
            remedy="Use that one, or another home folder with --home DIR",
        )
    stop = StopFlag()
    stop.listen()
    launcher = open_launcher(settings)
    cleanup = FolderCleanup(
        database=launcher.database,
        ledger=Ledger(launcher.database, launcher.clock, settings.paths),
        paths=settings.paths,
        clock=launcher.clock,
        keep_days=settings.jobs.keep_days,
    )
    print(f"job supervisor on {settings.home}", flush=True)
    pause_s = 0.0
    while not stop.wait(pause_s):
        pause_s = _step(launcher, cleanup, pause_s)
    launcher.database.close()
    os.close(lock)
    return _INTERRUPTED if stop.signal == signal.SIGINT else 0


def _step(launcher: LocalLauncher, cleanup: FolderCleanup, pause_s: float) -> float:
    """Advance the queue; return the seconds to wait, which double with each failure."""
    try:
        launcher.tick()
        if removed := cleanup.remove_old_folders():
            print(f"removed the folders of {removed} old jobs", flush=True)
    except (DatahallError, SQLAlchemyError, OSError) as error:  # for example a full disk
        print(f"error: {error}", file=sys.stderr, flush=True)
        return min(max(pause_s, _INTERVAL_S) * 2, _LONGEST_PAUSE_S)
    return _INTERVAL_S


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
