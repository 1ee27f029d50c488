"""The one badge at the top of every page: is this host watched, and is all well?"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.lifecycle.services import ServiceState
from dashboard.viewmodels.looks import BAD, OFF, OK, WARN, Look
from dashboard.viewmodels.units import age
from monitors.collector import HostState

STALE_INTERVALS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What the badge says; `age` is that of the newest sample in words."""

    look: Look
    age: str


def summarize_health(
    state: HostState | None, services: Sequence[ServiceState], now: float
) -> Health:
    """Return the worst of: sampling, the supervised processes, the collectors."""
    return Health(look=_look(state, services, now), age=age(state and state.at, now))


def is_stale(state: HostState, now: float) -> bool:
    """Whether the newest sample is older than it should ever be."""
    return now - state.at > STALE_INTERVALS * state.interval_s


def _look(state: HostState | None, services: Sequence[ServiceState], now: float) -> Look:
    """Return how this host stands, the worst first."""
    down = [service for service in services if service.state == "waiting"]
    if down:
        names = ", ".join(service.title for service in down)
        reasons = "; ".join(f"{service.title}: {service.last_exit}" for service in down)
        return Look(word=f"{names} down", icon=":material/error:", colour=BAD, help=reasons)
    if state is None:
        told = "Nothing was sampled on this host yet; `datahall up` starts the sampler"
        return Look(word="No samples", icon=":material/circle:", colour=OFF, help=told)
    if is_stale(state, now):
        told = "Nothing was sampled since; shown is the last that is known"
        return Look(word="Stale", icon=":material/warning:", colour=WARN, help=told)
    failed = [report for report in state.collectors if report.available and not report.success]
    if failed:
        names = ", ".join(report.name for report in failed)
        reasons = "; ".join(f"{report.name}: {report.error}" for report in failed)
        look_word = f"Not read: {names}"
        return Look(word=look_word, icon=":material/warning:", colour=WARN, help=reasons)
    return Look(word="All healthy", icon=":material/check_circle:", colour=OK)
