"""The job supervisor: looks after the queue once a second, until it is asked to end.

Jobs do not depend on it. It only makes the queue move while nobody looks.
"""

import argparse
import os
import signal
import sys
from collections.abc import Mapping, Sequence

from sqlalchemy.exc import SQLAlchemyError

from core.audit import Ledger
from core.clock import SystemClock
from core.database import open_database_of
from core.errors import ConflictError, DatahallError
from core.jobs.local import LocalLauncher
from core.jobs.tidying import Tidying
from core.locks import take_lock
from core.process.stop_flag import StopFlag
from core.settings import Settings, load_settings

_INTERVAL_S = 1.0
_LONGEST_PAUSE_S = 30.0
_INTERRUPTED = 130
_EXAMPLE = "example: python -P -m core.jobs --home /srv/datahall"


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run the supervisor, or one tick; return the exit code."""
    parser = argparse.ArgumentParser("python -P -m core.jobs", description=__doc__, epilog=_EXAMPLE)
    parser.add_argument("what", nargs="?", choices=["tick"], help="look once, start what may start")
    parser.add_argument("--home", help="folder of everything that Datahall keeps")
    given = parser.parse_args(arguments)
    try:
        settings = load_settings(environment=environment, flags={"home": given.home})
        settings.paths.prepare()
        return _tick_once(settings) if given.what == "tick" else _supervise(settings)
    except DatahallError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


def _tick_once(settings: Settings) -> int:
    """Reconcile and start what may start."""
    launcher = _open(settings)
    launcher.tick()
    launcher.database.close()
    return 0


def _supervise(settings: Settings) -> int:
    """Tick until a signal ends it; jobs go on. Raises ConflictError when one runs already."""
    lock = take_lock(settings.paths.supervisor_lock)
    if lock is None:
        raise ConflictError(
            f"a job supervisor already runs on {settings.home}",
            remedy="Use that one, or another folder with --home DIR",
        )
    stop = StopFlag()
    stop.listen()
    launcher = _open(settings)
    tidying = Tidying(
        database=launcher.database,
        ledger=Ledger(launcher.database, launcher.clock, settings.paths),
        paths=settings.paths,
        clock=launcher.clock,
        keep_days=settings.jobs.keep_days,
    )
    print(f"job supervisor on {settings.home}", flush=True)
    pause_s = 0.0
    while not stop.wait(pause_s):
        pause_s = _tick_or_say(launcher, tidying, pause_s)
    launcher.database.close()
    os.close(lock)
    return _INTERRUPTED if stop.signal == signal.SIGINT else 0


def _tick_or_say(launcher: LocalLauncher, tidying: Tidying, pause_s: float) -> float:
    """Tick and tidy; return how long to wait for the next one, longer and longer while it fails."""
    try:
        launcher.tick()
        if removed := tidying.tidy_when_due():
            print(f"removed the folders of {removed} jobs that ended long ago", flush=True)
    except (DatahallError, SQLAlchemyError, OSError) as error:  # a full disk may be cleared
        print(f"error: {error}", file=sys.stderr, flush=True)
        return min(max(pause_s, _INTERVAL_S) * 2, _LONGEST_PAUSE_S)
    return _INTERVAL_S


def _open(settings: Settings) -> LocalLauncher:
    """Return the launcher of a home."""
    return LocalLauncher(open_database_of(settings), settings.paths, settings.jobs, SystemClock())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
