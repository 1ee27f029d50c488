"""The folder of a job: the files through which launcher, shim and job communicate.

The files, not the row in the database, determine what is known of a job's processes.

- `lock`: held by the shim and the job from before either runs until both have ended.
- `order.json`: what the shim runs; written by the launcher that holds the lock.
- `process.json`: the processes of the job; written before the job's program starts, so that a job
  without this file never ran.
- `stop`: exists when a stop was requested.
- `orphaned`: the time at which a tick found the shim ended and the job running.
- `exit.json`: how the job ended; written once, after its last process has ended.
- `progress.json`, `log.txt`, `error.json`, `result.json`: written by the job.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.files import PRIVATE_FILE, PRIVATE_FOLDER, read_json, write_json
from core.jobs.endings import Ending
from core.jobs.launcher import JobState
from core.jobs.processes import Identity
from core.locks import is_locked, take_lock


@dataclass(frozen=True, slots=True, kw_only=True)
class ShimOrder:
    """The order of a shim: program, environment, log and grace period."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    log: str
    log_bytes: int
    grace_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProcesses:
    """The processes of a job: the shim, and the job's own once it is started."""

    boot_id: str
    shim: Identity
    job: Identity | None = None


_UNKNOWN_PROCESSES = JobProcesses(boot_id="", shim=Identity(pid=0, create_time=0.0))


@dataclass(frozen=True, slots=True)
class JobFolder:
    """The files of one job."""

    path: Path

    @property
    def log(self) -> Path:
        """The log, unless the job's specification names another file."""
        return self.path / "log.txt"

    def create(self) -> None:
        """Create the folder with mode 700: its order may contain secrets."""
        self.path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)

    def take_lock(self) -> int | None:
        """Return a descriptor that holds the job's lock; None when another process holds it."""
        return take_lock(self.path / "lock")

    def has_lock_file(self) -> bool:
        """Whether a launcher ever took the job's lock; False when the folder was removed."""
        return (self.path / "lock").exists()

    def is_locked(self) -> bool:
        """Whether a launcher, the shim or the job holds the lock; the kernel releases it."""
        return is_locked(self.path / "lock")

    def write_order(self, order: ShimOrder) -> None:
        """Write the order of the shim."""
        write_json(self.path / "order.json", asdict(order), mode=PRIVATE_FILE)

    def read_order(self) -> ShimOrder:
        """Return the order of the shim; raises OSError, ValueError, KeyError, TypeError."""
        document = read_json(self.path / "order.json")
        return ShimOrder(**{**document, "argv": tuple(document["argv"])})

    def write_processes(self, processes: JobProcesses) -> None:
        """Record the processes of the job."""
        write_json(self.path / "process.json", asdict(processes))

    def read_processes(self) -> JobProcesses | None:
        """Return the recorded processes; None when the job never ran.

        A damaged record gives processes that do not exist: the job ran, so it is not started again.
        """
        path = self.path / "process.json"
        document = _read(path)
        if document is None:
            return _UNKNOWN_PROCESSES if path.exists() else None
        try:
            job = document["job"]
            return JobProcesses(
                boot_id=document["boot_id"],
                shim=Identity(**document["shim"]),
                job=Identity(**job) if job else None,
            )
        except (KeyError, TypeError):
            return _UNKNOWN_PROCESSES

    def write_ending(self, ending: Ending) -> None:
        """Record the ending of the job."""
        write_json(self.path / "exit.json", asdict(ending))

    def read_ending(self) -> Ending | None:
        """Return the ending of the job; None while it runs, and when the record is damaged."""
        document = _read(self.path / "exit.json")
        if document is None:
            return None
        try:
            return Ending(**{**document, "state": JobState(document["state"])})
        except (KeyError, TypeError, ValueError):
            return None

    def request_stop(self) -> None:
        """Record a stop request."""
        self.create()
        (self.path / "stop").touch()

    def is_stop_requested(self) -> bool:
        """Whether a stop was requested."""
        return (self.path / "stop").exists()

    def orphaned_since(self, now: float) -> float:
        """Return the monotonic time at which the shim was first found ended: `now` at first.

        Monotonic, so that a change of the wall clock does not shorten a grace period.
        """
        path = self.path / "orphaned"
        try:
            with path.open("x", encoding="ascii") as stream:
                stream.write(repr(now))
        except FileExistsError:
            written = path.read_text(encoding="ascii")
            return float(written) if written else now
        return now


def _read(path: Path) -> Mapping[str, Any] | None:
    """Return a JSON object from a file; None when the file is missing or damaged."""
    try:
        return read_json(path)
    except (OSError, ValueError):
        return None
