"""Problems of this host: sampling, supervised services and collectors; their summary badge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.operations.services import ServiceState, ServiceStatus
from dashboard.viewmodels.elements import Badge, Severity, severity_badge, success_badge
from dashboard.viewmodels.formatting import format_age, format_duration, pluralize
from monitors.collector import HostState

STALE_INTERVALS = 3
MIN_STALE_S = 5.0
STOPPED_S = 30.0
RECENT_RESTART_S = 60.0
_SEVERITIES = list(Severity)


class SampleAge(StrEnum):
    """The age of the newest sample, relative to the sampling interval."""

    MISSING = "missing"
    LIVE = "live"
    STALE = "stale"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A problem that needs attention; `detail` contains its start, its cause and the remedy."""

    severity: Severity
    title: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """The age of the newest sample (empty without one); `problem` is None while all is on time."""

    state: SampleAge
    age: str
    problem: Problem | None = None

    @property
    def is_live(self) -> bool:
        """Whether samples arrive on time."""
        return self.state is SampleAge.LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSummary:
    """The most urgent problem as a badge, and the age of the newest sample."""

    badge: Badge
    age: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """One supervised service; `severity` is None while it runs normally."""

    name: str
    title: str
    badge: Badge
    severity: Severity | None
    detail: str
    pid: str
    restarts: str


def sample_freshness(state: HostState | None, now: float) -> Freshness:
    """Return the freshness of the newest sample."""
    if state is None:
        return Freshness(state=SampleAge.MISSING, age="", problem=_NO_SAMPLES)
    seconds = max(now - state.at, 0.0)
    age = format_age(state.at, now)
    if seconds > max(STALE_INTERVALS * state.interval_s, STOPPED_S):
        return Freshness(state=SampleAge.STOPPED, age=age, problem=_stopped(seconds))
    if seconds > max(STALE_INTERVALS * state.interval_s, MIN_STALE_S):
        return Freshness(state=SampleAge.STALE, age=age, problem=_stale(seconds, state.interval_s))
    return Freshness(state=SampleAge.LIVE, age=age)


def service_rows(states: Sequence[ServiceState], now: float) -> Sequence[ServiceRow]:
    """Return a row per service, in the order in which `datahall up` starts them."""
    return [_service_row(state, now) for state in states]


def find_problems(
    state: HostState | None, services: Sequence[ServiceState], now: float
) -> Sequence[Problem]:
    """Return the problems of sampling, services and collectors, the most urgent first."""
    sampling = sample_freshness(state, now).problem
    found = [
        *([] if sampling is None else [sampling]),
        *_service_problems(service_rows(services, now)),
        *_collector_problems(state),
    ]
    return sorted(found, key=lambda problem: _SEVERITIES.index(problem.severity))


def summarize_health(
    state: HostState | None, services: Sequence[ServiceState], now: float
) -> HealthSummary:
    """Return the badge of the most urgent problem; its help lists all of them."""
    age = sample_freshness(state, now).age
    problems = find_problems(state, services, now)
    if not problems:
        return HealthSummary(badge=success_badge("Services OK"), age=age)
    worst = problems[0]
    title = worst.title if len(problems) == 1 else f"{worst.title} and {len(problems) - 1} more"
    details = " ".join(f"{problem.title}: {problem.detail}" for problem in problems)
    return HealthSummary(badge=severity_badge(worst.severity, title, details), age=age)


_NO_SAMPLES = Problem(
    severity=Severity.INFO,
    title="No samples yet",
    detail='The sampler stores its first sample within seconds of "datahall up".',
)

_STATUS_SEVERITIES: Mapping[ServiceStatus, Severity | None] = {
    ServiceStatus.RUNNING: None,
    ServiceStatus.WAITING: Severity.CRITICAL,
    ServiceStatus.STOPPED: Severity.WARNING,
}
_STATUS_WORDS: Mapping[ServiceStatus, str] = {
    ServiceStatus.RUNNING: "running",
    ServiceStatus.WAITING: "down",
    ServiceStatus.STOPPED: "stopped",
}


def _stopped(seconds: float) -> Problem:
    """Return the problem of a sampler that has stored nothing for a long time."""
    return Problem(
        severity=Severity.CRITICAL,
        title="Sampling stopped",
        detail=f"The newest sample is {format_duration(seconds)} old. "
        'A running "datahall up" restarts the sampler; if it does not, "datahall monitor --once" '
        "shows the error.",
    )


def _stale(seconds: float, interval_s: float) -> Problem:
    """Return the problem of samples that arrive late."""
    return Problem(
        severity=Severity.WARNING,
        title="Samples delayed",
        detail=f"The newest sample is {format_duration(seconds)} old; the sampling interval is "
        f"{format_duration(interval_s)}.",
    )


def _service_problems(rows: Sequence[ServiceRow]) -> Sequence[Problem]:
    """Return a problem for each service that does not run normally."""
    return [
        Problem(severity=row.severity, title=f"{row.title} {row.badge.word}", detail=row.detail)
        for row in rows
        if row.severity is not None
    ]


def _collector_problems(state: HostState | None) -> Sequence[Problem]:
    """Return a problem for each collector that failed; absent hardware is not one."""
    return [
        Problem(
            severity=Severity.WARNING,
            title=f"Collector {report.name} failed",
            detail=report.error,
        )
        for report in (state.collectors if state else ())
        if report.available and not report.success
    ]


def _service_row(state: ServiceState, now: float) -> ServiceRow:
    """Return one service; a restart stays visible for a minute."""
    word, severity = _STATUS_WORDS[state.state], _STATUS_SEVERITIES[state.state]
    is_recent = state.restarts > 0 and now - state.started_at < RECENT_RESTART_S
    if state.state is ServiceStatus.RUNNING and is_recent:
        word, severity = "restarted", Severity.WARNING
    return ServiceRow(
        name=state.name,
        title=state.title,
        badge=success_badge(word) if severity is None else severity_badge(severity, word),
        severity=severity,
        detail=_service_detail(state, now),
        pid=str(state.pid or ""),
        restarts=str(state.restarts),
    )


def _service_detail(state: ServiceState, now: float) -> str:
    """Describe uptime, last exit and next start of a service."""
    last_exit = f"; last exit: {state.last_exit}" if state.last_exit else ""
    if state.state is ServiceStatus.RUNNING:
        restarts = f", {pluralize(state.restarts, 'restart')}{last_exit}" if state.restarts else ""
        return f"Up for {format_duration(now - state.started_at)}{restarts}"
    if state.state is ServiceStatus.WAITING:
        return f"Not running{last_exit}; {_next_start(state, now)}"
    return f"Stopped{last_exit}"


def _next_start(state: ServiceState, now: float) -> str:
    """Describe when a service starts again."""
    left = None if state.next_start_at is None else state.next_start_at - now
    return "restarting now" if left is None or left < 1 else f"restarts in {format_duration(left)}"
