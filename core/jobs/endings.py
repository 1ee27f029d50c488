"""The end of a job: its final state, and the reason as a sentence for the user."""

from dataclasses import dataclass

from core.command import describe_exit
from core.errors import DatahallError
from core.jobs.launcher import JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The end of a job; `reason` is a sentence for the user."""

    state: JobState
    reason: str
    ended_at: float
    exit_code: int | None = None
    signal: int | None = None


@dataclass(slots=True)
class StopRequest:
    """The stop request of a job, and the signals that followed it.

    Attributes:
        is_requested: a user cancelled the job, or the shim received a signal.
        by_signal: the shim received SIGTERM or SIGINT, as at a shutdown of the machine.
        is_sent: SIGTERM was sent while the job still ran; otherwise it ended by itself.
        killed_after_s: grace period after which SIGKILL was sent.
    """

    is_requested: bool = False
    by_signal: bool = False
    is_sent: bool = False
    killed_after_s: float | None = None

    @property
    def reason(self) -> str:
        """The reason of a job that was stopped."""
        if self.killed_after_s is not None:
            return f"killed: it had not ended {self.killed_after_s:g} s after the stop request"
        if self.by_signal:
            return "stopped by a signal from outside, such as a shutdown of the machine"
        return "stopped on request"


def describe_ending(
    returncode: int, stop: StopRequest, now: float, *, error: DatahallError | None = None
) -> Ending:
    """Return the ending of a job whose process was reaped with `returncode` (negative: signal).

    `error` is the error that the job reported.
    """
    number = -returncode if returncode < 0 else None
    code = returncode if returncode >= 0 else None
    if stop.is_sent:
        state, reason = JobState.STOPPED, stop.reason
    elif number is not None:
        state, reason = JobState.CRASHED, describe_exit(returncode)
    elif code == 0:
        state, reason = JobState.SUCCEEDED, "finished"
    else:
        failure = f"the program ended with {describe_exit(returncode)}; see the log"
        state, reason = JobState.FAILED, failure if error is None else str(error)
    return Ending(state=state, reason=reason, ended_at=now, exit_code=code, signal=number)


def failed_ending(reason: str, now: float) -> Ending:
    """Return the ending of a job that could not be started."""
    return Ending(state=JobState.FAILED, reason=reason, ended_at=now)


def crashed_ending(reason: str, now: float) -> Ending:
    """Return the ending of a job whose end was not observed."""
    return Ending(state=JobState.CRASHED, reason=reason, ended_at=now)


def cancelled_ending(now: float) -> Ending:
    """Return the ending of a job that was cancelled before any of its processes ran."""
    return Ending(state=JobState.STOPPED, reason="stopped before it started", ended_at=now)
