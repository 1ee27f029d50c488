"""The page of one run: details, attempts, checkpoints, samples, log, comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from core.actions.records import RunDetail
from core.checkpoints.catalog import Checkpoint
from core.runs.records import TranslationSample
from core.scores import Scores
from dashboard.viewmodels.elements import JOB_STATE_BADGES, LabelledValue, Table
from dashboard.viewmodels.formatting import (
    ABSENT,
    format_bytes,
    format_count,
    format_duration,
    format_number,
    format_time,
    format_time_and_age,
    pluralize,
    short_id,
)
from dashboard.viewmodels.jobs import job_duration_s
from dashboard.viewmodels.runs import RunRow, run_row
from dashboard.viewmodels.scores import ScoreRow, score_rows

LOG_LINES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRow:
    """A segment with the model's translation and the reference."""

    source: str
    hypothesis: str
    reference: str
    is_exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """The content of the page of one run."""

    row: RunRow
    details: Sequence[LabelledValue]
    scores: Sequence[ScoreRow]
    attempts: Table
    checkpoints: Table
    config: Table
    can_promote: bool
    resumed_at: Sequence[int]


def run_page(detail: RunDetail, now: float, zone: tzinfo) -> RunPage:
    """Return a run for its page."""
    return RunPage(
        row=run_row(detail.view, now),
        details=_details(detail, now, zone),
        scores=score_rows(detail.view.run.scores),
        attempts=_attempt_table(detail, zone),
        checkpoints=_checkpoint_table(detail.checkpoints, zone),
        config=Table(
            header=("Setting", "Value"),
            rows=[(key, str(value)) for key, value in _flatten(detail.view.run.spec.config)],
        ),
        can_promote=detail.can_promote,
        resumed_at=[entry.from_step for entry in detail.attempts if entry.from_step > 0],
    )


def sample_rows(samples: Sequence[TranslationSample]) -> Sequence[SampleRow]:
    """Return samples as rows."""
    return [
        SampleRow(
            source=sample.source,
            hypothesis=sample.hypothesis,
            reference=sample.reference,
            is_exact=sample.hypothesis.strip() == sample.reference.strip(),
        )
        for sample in samples
    ]


def samples_sentence(samples: Sequence[TranslationSample]) -> str:
    """Describe from which step the samples are, and how many equal their reference."""
    rows = sample_rows(samples)
    exact = sum(row.is_exact for row in rows)
    if not rows:
        return "No samples yet"
    total = pluralize(len(rows), "sample")
    return f"Step {samples[0].step:,}: {exact} of {total} equal the reference"


def search_log(text: str, query: str) -> str:
    """Return the lines of a log that contain `query`, ignoring case; all lines when it is empty."""
    word = query.strip().casefold()
    if not word:
        return text
    return "\n".join(line for line in text.splitlines() if word in line.casefold())


def comparison_table(
    rows: Sequence[tuple[str, Sequence[object]]], names: Sequence[str], *, only_differences: bool
) -> Table:
    """Return settings and scores of several runs, one column per run."""
    kept = [row for row in rows if not only_differences or len({repr(item) for item in row[1]}) > 1]
    return Table(
        header=("Setting or score", *names),
        rows=[(key, *(_cell(value) for value in values)) for key, values in kept],
    )


def _details(detail: RunDetail, now: float, zone: tzinfo) -> Sequence[LabelledValue]:
    """Return dataset, device, duration and state of a run; unknown values are left out."""
    view = detail.view
    spec = view.run.spec
    values = {
        "Run id": view.run.id,
        "Dataset": f"{spec.dataset} {short_id(spec.dataset_digest)}",
        "Backup": _backup(detail),
        "Preset": spec.preset,
        "Device": spec.device,
        "Initial weights": f"run {spec.parent}" if spec.parent else "random",
        "Requested": format_time_and_age(view.run.created_at, now, zone),
        "Last attempt": format_duration(job_duration_s(view.job) if view.job else None),
        "Code version": spec.code_version,
        "State": run_row(view, now).reason or JOB_STATE_BADGES[view.state].word,
    }
    return [
        LabelledValue(label=label, value=value)
        for label, value in values.items()
        if value != ABSENT
    ]


def _backup(detail: RunDetail) -> str:
    """Return the snapshot that holds the dataset, or the reason for training without one."""
    spec = detail.view.run.spec
    if spec.waiver is not None:
        return f"none; reason: {spec.waiver}"
    return f"snapshot {short_id(spec.snapshot)}" if spec.snapshot else "not backed up yet"


def _attempt_table(detail: RunDetail, zone: tzinfo) -> Table:
    """Return the attempts: each one is a process that trained the run."""
    return Table(
        header=("Attempt", "Started", "From step", "Job"),
        rows=[
            (
                str(attempt.number),
                format_time(attempt.started_at, zone),
                format_count(attempt.from_step),
                attempt.job_id,
            )
            for attempt in detail.attempts
        ],
    )


def _checkpoint_table(checkpoints: Sequence[Checkpoint], zone: tzinfo) -> Table:
    """Return the checkpoints, newest first."""
    return Table(
        header=("Step", "Role", "Validation", "Size", "Written"),
        rows=[
            (
                format_count(entry.step),
                ", ".join(_roles(entry)),
                _validation(entry.scores),
                format_bytes(entry.bytes),
                format_time(entry.created_at, zone),
            )
            for entry in checkpoints
        ],
    )


def _roles(checkpoint: Checkpoint) -> Sequence[str]:
    """Return whether a checkpoint is the best and the last one."""
    roles = (("best", checkpoint.is_best), ("last", checkpoint.is_last))
    return [word for word, holds in roles if holds]


def _validation(scores: Scores) -> str:
    """Format the validation scores of a checkpoint."""
    named = (("loss", scores.loss), ("BLEU", scores.bleu))
    parts = [f"{name} {format_number(value)}" for name, value in named if value is not None]
    return " · ".join(parts) or ABSENT


def _flatten(value: object, prefix: str = "") -> Sequence[tuple[str, object]]:
    """Return every leaf of a configuration with its dotted key."""
    if not isinstance(value, Mapping):
        return [(prefix.rstrip("."), value)]
    return [leaf for key, entry in value.items() for leaf in _flatten(entry, f"{prefix}{key}.")]


def _cell(value: object) -> str:
    """Format a compared value."""
    if value is None:
        return ABSENT
    return format_number(value, digits=4) if isinstance(value, float) else str(value)
