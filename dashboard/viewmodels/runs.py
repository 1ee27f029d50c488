"""Training runs as rows: state, progress, scores, remaining time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.actions.records import RunView
from core.jobs.launcher import JobState
from core.runs.records import MetricPoint
from core.scores import Metric
from dashboard.viewmodels.elements import JOB_STATE_BADGES, Badge, Severity, severity_badge
from dashboard.viewmodels.formatting import (
    ABSENT,
    capitalize_first,
    format_age,
    format_count,
    format_duration,
    format_number,
    format_quantity,
    short_id,
)
from dashboard.viewmodels.jobs import progress_text

_STEPS = "steps"
_COUNTED_STATES = (
    JobState.RUNNING,
    JobState.STOPPING,
    JobState.QUEUED,
    JobState.FAILED,
    JobState.CRASHED,
    JobState.STOPPED,
    JobState.SUCCEEDED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run in the table.

    Attributes:
        ratio: share of the run that is done, 0 to 1; None while the number of steps is unknown.
        reason: why the run waits, or why it ended early.
        activity: what the run does, unless it simply trains.
        waiver: badge of a run that started without a backup; its help is the reason given.
    """

    id: str
    name: str
    state: JobState
    badge: Badge
    ratio: float | None
    steps: str
    loss: str
    valid_loss: str
    bleu: str
    speed: str
    left: str
    dataset: str
    preset: str
    device: str
    created: str
    reason: str
    activity: str
    waiver: Badge | None
    is_over: bool
    can_stop: bool
    can_resume: bool
    can_delete: bool

    @property
    def summary(self) -> str:
        """The run in one line."""
        parts = [] if self.steps == "0" else [f"step {self.steps}", f"loss {self.loss}"]
        if self.state is JobState.RUNNING and not self.activity:
            parts += [self.speed, f"{self.left} left"]
        return " · ".join(part for part in parts if ABSENT not in part)

    @property
    def overview(self) -> str:
        """The text on the Overview: progress of a running run, else the reason of its state."""
        if self.state is JobState.RUNNING:
            return self.activity or self.summary
        requested = f"requested {self.created}"
        return " · ".join(text for text in (self.reason, self.summary, requested) if text)


def run_row(view: RunView, now: float) -> RunRow:
    """Return one run as a row."""
    spec, latest = view.run.spec, view.latest
    progress, is_running = view.progress, view.state is JobState.RUNNING
    return RunRow(
        id=view.run.id,
        name=spec.name,
        state=view.state,
        badge=JOB_STATE_BADGES[view.state],
        ratio=_ratio(view),
        steps=_steps(view),
        loss=format_number(_value(latest, Metric.TRAIN_LOSS)),
        valid_loss=format_number(_value(latest, Metric.VALID_LOSS)),
        bleu=_bleu(view),
        speed=_speed(latest) if is_running else ABSENT,
        left=format_duration(progress.eta_s) if progress and is_running else ABSENT,
        dataset=f"{spec.dataset} {short_id(spec.dataset_digest)}",
        preset=spec.preset,
        device=spec.device,
        created=format_age(view.run.created_at, now),
        reason="" if view.state is JobState.SUCCEEDED else capitalize_first(view.exit_reason),
        activity=capitalize_first(_activity(view)),
        waiver=None if spec.waiver is None else _waiver_badge(spec.waiver),
        is_over=view.is_over,
        can_stop=view.can_stop,
        can_resume=view.can_resume,
        can_delete=view.can_delete,
    )


def run_rows(views: Sequence[RunView], now: float) -> Sequence[RunRow]:
    """Return every run, newest first."""
    return [run_row(view, now) for view in views]


def select_for_overview(rows: Sequence[RunRow], limit: int) -> Sequence[RunRow]:
    """Return at most `limit` runs: active ones first, then the newest."""
    return sorted(rows, key=lambda row: row.is_over)[:limit]


def run_counts(rows: Sequence[RunRow]) -> str:
    """Return the number of runs in each state, such as `1 running · 3 succeeded`."""
    counts = Counter(row.state for row in rows)
    return " · ".join(
        f"{counts[state]} {JOB_STATE_BADGES[state].word}"
        for state in _COUNTED_STATES
        if counts[state]
    )


def _value(latest: Mapping[str, MetricPoint], metric: str) -> float | None:
    """Return the newest value of a metric."""
    return latest[metric].value if metric in latest else None


def _steps(view: RunView) -> str:
    """Return the steps done, and the planned number once it is known."""
    done = format_count(view.step)
    return f"{done} / {format_count(view.steps)}" if view.steps else done


def _bleu(view: RunView) -> str:
    """Return test BLEU once it is computed, until then validation BLEU."""
    test = view.run.scores.bleu
    if test is not None:
        return f"{test:.1f} test"
    valid = _value(view.latest, Metric.VALID_BLEU)
    return ABSENT if valid is None else f"{valid:.1f} valid"


def _speed(latest: Mapping[str, MetricPoint]) -> str:
    """Return the training speed in tokens per second."""
    tokens = _value(latest, Metric.TOKENS_PER_SECOND)
    return ABSENT if tokens is None else f"{format_quantity(tokens)} tokens/s"


def _ratio(view: RunView) -> float | None:
    """Return the completed share of the run; None before the number of steps is known."""
    if view.state is JobState.SUCCEEDED:
        return 1.0
    return min(view.step / view.steps, 1.0) if view.steps else None


def _activity(view: RunView) -> str:
    """Describe the activity of an active run; empty while it trains."""
    if view.is_over or view.state is JobState.QUEUED:
        return ""
    if view.progress is None:
        return "starting: loading PyTorch and the data"
    return "" if view.progress.unit == _STEPS else progress_text(view.progress)


def _waiver_badge(reason: str) -> Badge:
    """Return the badge of a run that started without a backup of its dataset."""
    return severity_badge(
        Severity.WARNING, "no backup", f"Started without a backup of its dataset: {reason}"
    )
