"""How a job ended, in words."""

from dataclasses import dataclass

from core.command import describe_exit
from core.errors import DatahallError
from core.jobs.folder import Ending
from core.jobs.launcher import JobState


@dataclass(slots=True)
class Stop:
    """The wish that a job ends, and what became of it: one that ended first was not stopped."""

    is_asked: bool = False
    by_signal: bool = False
    is_sent: bool = False
    killed_after_s: float | None = None

    @property
    def words(self) -> str:
        """How a job ended that was asked to."""
        if self.killed_after_s is not None:
            return f"killed after the grace period of {self.killed_after_s:g} s"
        return (
            "stopped by a signal to its supervisor shim" if self.by_signal else "stopped as asked"
        )


def describe_ending(
    returncode: int, stop: Stop, now: float, *, told: DatahallError | None = None
) -> Ending:
    """Return the ending of a job whose process was reaped with `returncode` (negative: signal).

    `told` is the error that it left word of.
    """
    number = -returncode if returncode < 0 else None
    code = returncode if returncode >= 0 else None
    if stop.is_sent:
        state, reason = JobState.STOPPED, stop.words
    elif number is not None:
        state, reason = JobState.CRASHED, describe_exit(returncode)
    elif code == 0:
        state, reason = JobState.SUCCEEDED, "finished"
    else:
        state, reason = JobState.FAILED, describe_exit(returncode) if told is None else str(told)
    return Ending(state=state, reason=reason, ended_at=now, exit_code=code, signal=number)


def failed(reason: str, now: float) -> Ending:
    """Return the ending of a job that could not do its work."""
    return Ending(state=JobState.FAILED, reason=reason, ended_at=now)


def lost(reason: str, now: float) -> Ending:
    """Return the ending of a job that nobody saw end."""
    return Ending(state=JobState.CRASHED, reason=f"lost: {reason}", ended_at=now)


def never_started(now: float) -> Ending:
    """Return the ending of a job that was stopped while nothing of it ran."""
    return Ending(state=JobState.STOPPED, reason="stopped before it started", ended_at=now)
