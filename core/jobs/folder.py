"""The folder of one job: how launcher and shim tell each other what they know.

Files here are the truth about a job's processes; the row in the database follows them.

- `lock`: held by the shim and by the job itself, from before either runs until both are gone.
- `order.json`: what to run; written by the launcher that holds the lock.
- `process.json`: who runs it; written before anything is run, so a job without it never started.
- `stop`: the job was asked to stop.
- `orphaned`: when the shim was found dead while the job lived.
- `exit.json`: how it ended; written once, after the last process of the job is gone.
- `progress.json`, `log.txt`, `error.json`, `result.json`: what the job says.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.files import PRIVATE_FILE, PRIVATE_FOLDER, read_json, write_json
from core.jobs.processes import Identity
from core.locks import is_locked, take_lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a shim is to run, and how."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    log: str
    log_bytes: int
    grace_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """Who runs a job: the shim, and the job once it is started."""

    boot_id: str
    shim: Identity
    job: Identity | None = None


_UNKNOWN_CREW = Crew(boot_id="", shim=Identity(pid=0, create_time=0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a job ended; `state` is a JobState that is over."""

    state: str
    reason: str
    ended_at: float
    exit_code: int | None = None
    signal: int | None = None


@dataclass(frozen=True, slots=True)
class JobFolder:
    """The files of one job."""

    path: Path

    @property
    def log(self) -> Path:
        """What the job prints, unless it is told to log elsewhere."""
        return self.path / "log.txt"

    def create(self) -> None:
        """Make the folder; its order may hold secrets, so it is nobody else's."""
        self.path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)

    def take_lock(self) -> int | None:
        """Return a descriptor that holds the job's lock, or None when somebody else holds it."""
        return take_lock(self.path / "lock")

    def was_claimed(self) -> bool:
        """Whether a launcher ever took the job's lock; not so when the folder was removed."""
        return (self.path / "lock").exists()

    def is_held(self) -> bool:
        """Whether a launcher, a shim or the job itself holds the lock: all die without trace."""
        return is_locked(self.path / "lock")

    def write_order(self, order: Order) -> None:
        """Say what to run."""
        write_json(self.path / "order.json", asdict(order), mode=PRIVATE_FILE)

    def read_order(self) -> Order:
        """Return what to run; raises OSError, ValueError, KeyError, TypeError."""
        document = read_json(self.path / "order.json")
        return Order(**{**document, "argv": tuple(document["argv"])})

    def write_crew(self, crew: Crew) -> None:
        """Say who runs it."""
        write_json(self.path / "process.json", asdict(crew))

    def read_crew(self) -> Crew | None:
        """Return who runs it, as well as that can be read; None when nobody ever did."""
        path = self.path / "process.json"
        document = _read(path)
        if document is None:
            return _UNKNOWN_CREW if path.exists() else None
        try:
            job = document["job"]
            return Crew(
                boot_id=document["boot_id"],
                shim=Identity(**document["shim"]),
                job=Identity(**job) if job else None,
            )
        except (KeyError, TypeError):
            return _UNKNOWN_CREW

    def write_ending(self, ending: Ending) -> None:
        """Say how it ended."""
        write_json(self.path / "exit.json", asdict(ending))

    def read_ending(self) -> Ending | None:
        """Return how it ended; None when it has not, or nobody was left to say so."""
        document = _read(self.path / "exit.json")
        try:
            return None if document is None else Ending(**document)
        except TypeError:
            return None

    def ask_to_stop(self) -> None:
        """Leave word that the job is to stop."""
        self.create()
        (self.path / "stop").touch()

    def is_asked_to_stop(self) -> bool:
        """Whether the job is to stop."""
        return (self.path / "stop").exists()

    def orphaned_since(self, now: float) -> float:
        """Return when the shim was first found dead: `now`, unless it was found before.

        In seconds after boot, so that setting the wall clock shortens no grace period.
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
    """Return a JSON file that appears whole; None when it is not there or was damaged."""
    try:
        return read_json(path)
    except (OSError, ValueError):
        return None
