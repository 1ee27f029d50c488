"""Dataset versions as rows, and what preparing one did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from core.actions.records import DatasetView
from core.data.records import SPLITS, Dataset, Pair, PrepareReport
from dashboard.viewmodels.looks import BUSY, OK, WARN, Look
from dashboard.viewmodels.units import age, count, counted, moment, short

DEMO = "demo"

PROTECTED = Look(word="backed up", icon=":material/verified_user:", colour=OK)
UNPROTECTED = Look(
    word="not backed up",
    icon=":material/gpp_maybe:",
    colour=WARN,
    help="No verified snapshot holds this version: a run on it backs it up first",
)
WORKING = Look(word="at work", icon=":material/sync:", colour=BUSY)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRow:
    """One version in the table. `job` is the id of a backup or prepare job now working on it."""

    key: str
    name: str
    digest: str
    short: str
    pairs: str
    languages: str
    look: Look
    protection: str
    prepared: str
    is_protected: bool
    is_prepared: bool
    job: str | None
    origin: str
    created: str
    imported: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """What one cleaning rule did."""

    rule: str
    description: str
    dropped: int
    changed: int
    examples: Sequence[Pair]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    """What preparing a version did: rules that did something first."""

    sentence: str
    rules: Sequence[RuleRow]
    splits: Sequence[tuple[str, int]]
    vocabulary: str

    @property
    def dropping(self) -> Sequence[RuleRow]:
        """The rules that dropped pairs, the busiest first."""
        return sorted((rule for rule in self.rules if rule.dropped), key=lambda it: -it.dropped)


def dataset_rows(views: Sequence[DatasetView], now: float) -> Sequence[DatasetRow]:
    """Return every version, newest first."""
    return [_row(view, now) for view in views]


def has_demo(views: Sequence[DatasetView]) -> bool:
    """Whether the demo corpus is here already."""
    return any(view.dataset.name == DEMO for view in views)


def report_page(report: PrepareReport, zone: tzinfo) -> ReportPage:
    """Return what preparing a version did."""
    dropped = report.pairs_in - report.pairs_out
    kept = report.pairs_out / report.pairs_in if report.pairs_in else 0.0
    rules = [
        RuleRow(
            rule=rule.rule,
            description=rule.description,
            dropped=rule.dropped,
            changed=rule.changed,
            examples=rule.examples,
        )
        for rule in report.rules
    ]
    return ReportPage(
        sentence=f"{count(report.pairs_in)} pairs in, {count(report.pairs_out)} kept "
        f"({kept:.1%}), {count(dropped)} dropped; prepared {moment(report.prepared_at, zone)}",
        rules=sorted(rules, key=lambda rule: -(rule.dropped + rule.changed)),
        splits=[(name, report.splits[name]) for name in SPLITS if name in report.splits],
        vocabulary=counted(report.vocabulary_size, "token"),
    )


def import_sentence(rejected: Mapping[str, int], repaired: Mapping[str, int]) -> str:
    """Say which lines an import left out or had to mend, by reason; empty when it took all."""
    told = [
        f"{words}: {reasons}"
        for words, counts in (("left out", rejected), ("mended", repaired))
        if (reasons := ", ".join(f"{count(n)} {reason}" for reason, n in counts.items() if n))
    ]
    return "Lines " + "; ".join(told) if told else ""


def version_label(dataset: Dataset) -> str:
    """Return a version in a few words."""
    return f"{dataset.name} {short(dataset.digest)}"


def _row(view: DatasetView, now: float) -> DatasetRow:
    """Return one version."""
    dataset, report = view.dataset, view.dataset.report
    return DatasetRow(
        key=f"{dataset.name}/{dataset.digest}",
        name=dataset.name,
        digest=dataset.digest,
        short=short(dataset.digest),
        pairs=count(dataset.pairs),
        languages=f"{dataset.source}→{dataset.target}",
        look=_look(view),
        protection=f"snapshot {short(view.snapshot.id)}" if view.snapshot else "not backed up",
        prepared=f"{count(report.pairs_out)} pairs prepared" if report else "not prepared",
        is_protected=view.is_protected,
        is_prepared=report is not None,
        job=view.job.id if view.job else None,
        origin=" · ".join(text for text in (dataset.origin, dataset.licence) if text),
        created=age(dataset.created_at, now),
        imported=import_sentence(dataset.rejected, dataset.repaired),
    )


def _look(view: DatasetView) -> Look:
    """Return how well a version is protected, or what is being done to it."""
    if view.job is not None:
        return Look(word=view.job.spec.title, icon=WORKING.icon, colour=WORKING.colour)
    return PROTECTED if view.is_protected else UNPROTECTED
