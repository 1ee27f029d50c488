"""The supervised processes as rows: what runs, what died, when it starts again."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.operations.services import ServiceState
from dashboard.viewmodels.looks import BAD, OFF, OK, WARN, Look
from dashboard.viewmodels.units import counted, duration

SAMPLER = "sampler"
RECENT_S = 60.0

_RUNNING = Look(word="running", icon=":material/check_circle:", colour=OK)
_RESTARTED = Look(word="restarted", icon=":material/restart_alt:", colour=WARN)
_WAITING = Look(word="restarting", icon=":material/restart_alt:", colour=BAD)
_STOPPED = Look(word="stopped", icon=":material/stop_circle:", colour=OFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """One service: `sentence` says what happened to it and what comes next."""

    name: str
    title: str
    look: Look
    sentence: str
    pid: str
    restarts: int

    @property
    def is_trouble(self) -> bool:
        """Whether the operator should look at it."""
        return self.look != _RUNNING


def service_rows(states: Sequence[ServiceState], now: float) -> Sequence[ServiceRow]:
    """Return a row per service, in the order that `datahall up` starts them."""
    return [
        ServiceRow(
            name=state.name,
            title=state.title,
            look=_look(state, now),
            sentence=_sentence(state, now),
            pid=str(state.pid or ""),
            restarts=state.restarts,
        )
        for state in states
    ]


def troubled(rows: Sequence[ServiceRow]) -> Sequence[ServiceRow]:
    """Return the services that do not simply run."""
    return [row for row in rows if row.is_trouble]


def _look(state: ServiceState, now: float) -> Look:
    """Return how a service looks; a restart stays visible for a while."""
    if state.state == "running":
        is_recent = state.restarts > 0 and now - state.started_at < RECENT_S
        return _RESTARTED if is_recent else _RUNNING
    return _WAITING if state.state == "waiting" else _STOPPED


def _sentence(state: ServiceState, now: float) -> str:
    """Say where a service is, how it ended last, and when it starts again."""
    ended = f"; last exit: {state.last_exit}" if state.last_exit else ""
    if state.state == "running":
        again = f", restarted {counted(state.restarts, 'time')}{ended}" if state.restarts else ""
        return f"up for {duration(now - state.started_at)}{again}"
    if state.state == "waiting":
        return f"not running{ended}; {_next(state, now)}"
    return f"stopped{ended}"


def _next(state: ServiceState, now: float) -> str:
    """Say when a service starts again."""
    left = None if state.next_start_at is None else state.next_start_at - now
    return "starts again now" if left is None or left < 1 else f"starts again in {duration(left)}"
