"""Everything about one run as rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from core.actions.records import RunDetail
from core.runs.records import TranslationSample
from dashboard.viewmodels.jobs import spent_s
from dashboard.viewmodels.rows import Fact, Table
from dashboard.viewmodels.runs import PROTECTED, WAIVED, RunRow, run_row
from dashboard.viewmodels.scores import ScoreRow, score_rows
from dashboard.viewmodels.units import ABSENT, count, counted, duration, moment, number, short, size

LOG_LINES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRow:
    """A segment as the model translates it, beside what a person wrote."""

    source: str
    hypothesis: str
    reference: str
    is_exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """One run: its row, and everything behind it."""

    row: RunRow
    facts: Sequence[Fact]
    scores: Sequence[ScoreRow]
    attempts: Table
    checkpoints: Table
    config: Table
    can_promote: bool
    resumed_at: Sequence[int]


def run_page(detail: RunDetail, now: float, zone: tzinfo) -> RunPage:
    """Return a run for its page."""
    checkpoints = detail.checkpoints
    return RunPage(
        row=run_row(detail.view, now),
        facts=_facts(detail, zone),
        scores=score_rows(detail.view.run.scores),
        attempts=_attempts(detail, zone),
        checkpoints=Table(
            header=("Step", "Marks", "Validation", "Size", "Written"),
            rows=[
                (
                    count(entry.step),
                    " ".join(_marks(is_best=entry.is_best, is_last=entry.is_last)),
                    " · ".join(f"{name} {number(value)}" for name, value in entry.scores.items())
                    or ABSENT,
                    size(entry.bytes),
                    moment(entry.created_at, zone),
                )
                for entry in checkpoints
            ],
        ),
        config=Table(
            header=("Setting", "Value"),
            rows=[(key, str(value)) for key, value in _flat(detail.view.run.spec.config)],
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
    """Say when the samples were translated and how many equal their reference."""
    rows = sample_rows(samples)
    exact = sum(row.is_exact for row in rows)
    if not rows:
        return "No sample was translated yet"
    total = counted(len(rows), "sample")
    return f"Step {samples[0].step:,}: {exact} of {total} exactly as the reference"


def search_log(text: str, wanted: str) -> str:
    """Return the lines of a log that hold `wanted`, all of them when nothing is looked for."""
    if not wanted.strip():
        return text
    word = wanted.strip().casefold()
    return "\n".join(line for line in text.splitlines() if word in line.casefold())


def comparison(rows: Sequence[tuple[str, Sequence[object]]], *, only_differences: bool) -> Table:
    """Return how runs differ; the caller names the columns."""
    kept = [row for row in rows if not only_differences or len({repr(it) for it in row[1]}) > 1]
    return Table(header=(), rows=[(key, *(_shown(value) for value in row)) for key, row in kept])


def _facts(detail: RunDetail, zone: tzinfo) -> Sequence[Fact]:
    """Return what an engineer asks first about a run."""
    view = detail.view
    spec = view.run.spec
    job = view.job
    spent = spent_s(job) if job else None
    facts = {
        "Run id": view.run.id,
        "Dataset": f"{spec.dataset} {short(spec.dataset_digest)}",
        "Protection": _protection(detail),
        "Preset": spec.preset,
        "Device": spec.device,
        "Started from": f"run {spec.parent}" if spec.parent else "random weights",
        "Asked for": moment(view.run.created_at, zone),
        "Last attempt took": duration(spent),
        "Code": spec.code_version,
        "How it stands": view.exit_reason or view.state,
    }
    return [Fact(name=name, value=value) for name, value in facts.items() if value != ABSENT]


def _protection(detail: RunDetail) -> str:
    """Say which snapshot holds the data, or why none was asked for."""
    spec = detail.view.run.spec
    if spec.waiver is not None:
        return f"{WAIVED.word}: {spec.waiver}"
    return f"{PROTECTED.word} by {short(spec.snapshot)}" if spec.snapshot else "backed up first"


def _attempts(detail: RunDetail, zone: tzinfo) -> Table:
    """Return the processes that worked on the run."""
    return Table(
        header=("Attempt", "Started", "From step", "Job"),
        rows=[
            (str(it.number), moment(it.started_at, zone), count(it.from_step), it.job_id)
            for it in detail.attempts
        ],
    )


def _marks(*, is_best: bool, is_last: bool) -> Sequence[str]:
    """Return what is special about a checkpoint."""
    return [word for word, holds in (("best", is_best), ("last", is_last)) if holds]


def _flat(value: Any, prefix: str = "") -> Sequence[tuple[str, object]]:  # noqa: ANN401  (JSON)
    """Return every leaf of a configuration under its dotted key."""
    if not isinstance(value, dict):
        return [(prefix.rstrip("."), value)]
    return [leaf for key, entry in value.items() for leaf in _flat(entry, f"{prefix}{key}.")]


def _shown(value: object) -> str:
    """Return a compared value."""
    if value is None:
        return ABSENT
    return number(value, digits=4) if isinstance(value, float) else str(value)
