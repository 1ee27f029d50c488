"""The one badge at the top of every page: is this host watched, and is all well?"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.operations.services import ServiceState
from dashboard.viewmodels.looks import BAD, OFF, OK, WARN, Colour, Look
from dashboard.viewmodels.services import SAMPLER, ServiceRow, service_rows, troubled
from dashboard.viewmodels.units import age, duration
from monitors.collector import CollectorReport, HostState

STALE_INTERVALS = 3
LEAST_STALE_S = 5.0
STOPPED_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How old the newest sample is: `state` is none, live, stale or stopped.

    `sentence` says what that means and what to do; it is empty while all is well.
    """

    state: str
    age_s: float | None
    text: str
    sentence: str = ""

    @property
    def is_live(self) -> bool:
        """Whether the numbers are of now."""
        return self.state == "live"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One badge for everything, and the sentences behind it."""

    look: Look
    freshness: Freshness
    services: Sequence[ServiceRow]

    @property
    def age(self) -> str:
        """The age of the newest sample in words."""
        return self.freshness.text


def freshness(state: HostState | None, now: float) -> Freshness:
    """Return how old the newest sample is, judged by the sampler's own interval."""
    if state is None:
        return Freshness(
            state="none",
            age_s=None,
            text="waiting",
            sentence="Nothing was measured yet. The first sample comes within seconds of "
            '"datahall up"; "datahall monitor --once" measures once.',
        )
    seconds = max(now - state.at, 0.0)
    text = age(state.at, now)
    if seconds > max(STALE_INTERVALS * state.interval_s, STOPPED_S):
        return Freshness(
            state="stopped",
            age_s=seconds,
            text=text,
            sentence=f'Sampling stopped {duration(seconds)} ago. "datahall up" restarts it by '
            'itself; if it does not, run "datahall monitor" and read what it says.',
        )
    if seconds > max(STALE_INTERVALS * state.interval_s, LEAST_STALE_S):
        return Freshness(
            state="stale",
            age_s=seconds,
            text=text,
            sentence=f"The newest sample is {duration(seconds)} old; one is due every "
            f"{duration(state.interval_s)}.",
        )
    return Freshness(state="live", age_s=seconds, text=text)


def summarize_health(
    state: HostState | None, services: Sequence[ServiceState], now: float
) -> Health:
    """Return the worst of: sampling, the supervised processes, the collectors."""
    fresh = freshness(state, now)
    rows = service_rows(services, now)
    return Health(look=_look(state, fresh, rows), freshness=fresh, services=rows)


def _look(state: HostState | None, fresh: Freshness, rows: Sequence[ServiceRow]) -> Look:
    """Return the badge: the worst of what is known."""
    trouble = troubled(rows)
    down = [row for row in trouble if row.look.colour in (BAD, OFF)]
    if fresh.state == "stopped" or any(row.name == SAMPLER for row in down):
        return _badge("Sampling stopped", ":material/sensors_off:", BAD, fresh.sentence)
    if down:
        return _badge(f"{down[0].title} is down", ":material/error:", BAD, down[0].sentence)
    if fresh.state == "none":
        return _badge("No samples yet", ":material/hourglass_empty:", OFF, fresh.sentence)
    if fresh.state == "stale":
        return _badge("Stale", ":material/history:", WARN, fresh.sentence)
    return _minor(state, trouble)


def _minor(state: HostState | None, trouble: Sequence[ServiceRow]) -> Look:
    """Return the badge of what is running and fresh: what to look at when there is time."""
    if trouble:
        title = f"{trouble[0].title} restarted"
        return _badge(title, ":material/restart_alt:", WARN, trouble[0].sentence)
    failed = [report for report in (state.collectors if state else ()) if _is_failed(report)]
    if failed:
        names = ", ".join(report.name for report in failed)
        reasons = "; ".join(f"{report.name}: {report.error}" for report in failed)
        return _badge(f"Not read: {names}", ":material/warning:", WARN, reasons)
    return _badge("All healthy", ":material/check_circle:", OK, "")


def _is_failed(report: CollectorReport) -> bool:
    """Whether a collector failed; one whose hardware is not here did not."""
    return report.available and not report.success


def _badge(word: str, icon: str, colour: Colour, help_text: str) -> Look:
    """Return a look."""
    return Look(word=word, icon=icon, colour=colour, help=help_text)
