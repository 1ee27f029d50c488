"""Training runs as rows: state in words, how far, how good, how long yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.actions.records import RunView
from core.jobs.launcher import JobState
from core.process.progress import ProgressReport
from core.runs.records import MetricPoint
from dashboard.viewmodels.jobs import progress_ratio, progress_text
from dashboard.viewmodels.looks import OFF, WARN, Look, state_look
from dashboard.viewmodels.metrics import TOKENS_PER_SECOND, TRAIN_LOSS, VALID_BLEU, VALID_LOSS
from dashboard.viewmodels.scores import score
from dashboard.viewmodels.units import ABSENT, age, count, duration, number, quantity

STEPS = "steps"

WAIVED = Look(
    word="no backup",
    icon=":material/gpp_maybe:",
    colour=WARN,
    help="Started without a backup of its dataset",
)
PROTECTED = Look(
    word="protected", icon=":material/verified_user:", colour=OFF, help="A snapshot holds its data"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run in the table. `ratio` is absent while the number of steps is unknown."""

    id: str
    name: str
    look: Look
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
    message: str
    waiver: str | None
    is_over: bool
    can_stop: bool
    can_resume: bool
    can_delete: bool

    @property
    def sentence(self) -> str:
        """The run in one line, for small screens and the Overview."""
        parts = [f"step {self.steps}", f"loss {self.loss}"] if self.steps != "0" else []
        if not self.is_over:
            parts += [self.speed, f"{self.left} left"]
        return " · ".join(part for part in parts if ABSENT not in part)


def run_row(view: RunView, now: float) -> RunRow:
    """Return one run as it stands."""
    spec, latest = view.run.spec, view.latest
    return RunRow(
        id=view.run.id,
        name=spec.name,
        look=state_look(view.state),
        ratio=_ratio(view),
        steps=f"{count(view.step)} / {count(view.steps)}" if view.steps else count(view.step),
        loss=number(_value(latest, TRAIN_LOSS)),
        valid_loss=number(_value(latest, VALID_LOSS)),
        bleu=_bleu(view),
        speed=ABSENT if view.is_over else _speed(latest),
        left=ABSENT if view.is_over else duration(_left_s(view.progress)),
        dataset=f"{spec.dataset} {spec.dataset_digest[:8]}",
        preset=spec.preset,
        device=spec.device,
        created=age(view.run.created_at, now),
        reason=view.exit_reason,
        message=_message(view),
        waiver=spec.waiver,
        is_over=view.is_over,
        can_stop=view.can_stop,
        can_resume=view.can_resume,
        can_delete=view.can_delete,
    )


def run_rows(views: Sequence[RunView], now: float) -> Sequence[RunRow]:
    """Return every run, newest first."""
    return [run_row(view, now) for view in views]


def first_rows(rows: Sequence[RunRow], limit: int) -> Sequence[RunRow]:
    """Return the runs that matter now: those at work first, then the newest."""
    return sorted(rows, key=lambda row: row.is_over)[:limit]


def run_counts(rows: Sequence[RunRow]) -> str:
    """Say how many runs are in which state, those at work first."""
    order = ("running", "stopping", "queued", "failed", "crashed", "stopped", "succeeded")
    words = [row.look.word for row in rows]
    return " · ".join(f"{words.count(word)} {word}" for word in order if word in words)


def run_ratio(view: RunView) -> float | None:
    """Return how much of a run is done, 0 to 1, or None when its length is unknown."""
    if view.state is JobState.SUCCEEDED:
        return 1.0
    return min(view.step / view.steps, 1.0) if view.steps else None


def _value(latest: Mapping[str, MetricPoint], metric: str) -> float | None:
    """Return the newest value of a metric."""
    return latest[metric].value if metric in latest else None


def _bleu(view: RunView) -> str:
    """Return test BLEU once there is one, until then validation BLEU."""
    final = score(view.run.scores, "bleu")
    if final is not None:
        return f"{final:.1f} test"
    valid = _value(view.latest, VALID_BLEU)
    return ABSENT if valid is None else f"{valid:.1f} valid"


def _speed(latest: Mapping[str, MetricPoint]) -> str:
    """Return how many tokens a second were trained on."""
    tokens = _value(latest, TOKENS_PER_SECOND)
    return ABSENT if tokens is None else f"{quantity(tokens)} tokens/s"


def _ratio(view: RunView) -> float | None:
    """Return how far the run is; before its first step, how far its preparations are."""
    known = run_ratio(view)
    return progress_ratio(view.progress) if known is None else known


def _message(view: RunView) -> str:
    """Say what a run does just now, unless it simply trains."""
    if view.is_over or view.state is JobState.QUEUED:
        return ""
    if view.progress is None:
        return "starting: loading PyTorch and the data"
    return "" if view.progress.unit == STEPS else progress_text(view.progress)


def _left_s(progress: ProgressReport | None) -> float | None:
    """Return the seconds that a run still needs, as it says itself."""
    return progress.eta_s if progress else None
