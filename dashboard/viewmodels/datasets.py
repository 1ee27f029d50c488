"""Dataset versions as rows, and the report of preparing one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from core.actions.records import DatasetView
from core.data.records import SPLITS, Dataset, Pair, PrepareReport
from dashboard.viewmodels.elements import Badge, Severity, severity_badge
from dashboard.viewmodels.formatting import (
    format_age,
    format_count,
    format_time,
    pluralize,
    short_id,
)

DEMO = "demo"

_PROTECTED = Badge(word="backed up", icon=":material/verified_user:", color="green")
_UNPROTECTED = severity_badge(
    Severity.WARNING,
    "not backed up",
    "No verified snapshot contains this version. Training on it backs it up first.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRow:
    """One version in the table; `is_busy`: a backup or prepare job works on it."""

    key: str
    name: str
    digest: str
    short_digest: str
    pairs: str
    languages: str
    badge: Badge
    protection: str
    prepared: str
    is_protected: bool
    is_prepared: bool
    is_busy: bool
    origin: str
    created: str
    import_notice: str

    @property
    def label(self) -> str:
        """Name and short digest."""
        return f"{self.name} {self.short_digest}"

    @property
    def summary(self) -> str:
        """Size, snapshot, preparation and origin: the details beside the badge."""
        backup = self.protection if self.is_protected else ""
        parts = (f"{self.pairs} pairs {self.languages}", backup, self.prepared, self.origin)
        return " · ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """The pairs that one cleaning rule dropped and changed."""

    rule: str
    description: str
    dropped: int
    changed: int
    examples: Sequence[Pair]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareSummary:
    """The result of preparing a version; `rules` start with those that had the most effect."""

    sentence: str
    rules: Sequence[RuleRow]
    splits: Sequence[tuple[str, int]]
    vocabulary: str

    @property
    def dropping(self) -> Sequence[RuleRow]:
        """The rules that dropped pairs, most pairs first."""
        return sorted((rule for rule in self.rules if rule.dropped), key=lambda item: -item.dropped)


def dataset_rows(views: Sequence[DatasetView], now: float) -> Sequence[DatasetRow]:
    """Return every version, newest first."""
    return [_row(view, now) for view in views]


def has_demo(views: Sequence[DatasetView]) -> bool:
    """Whether the demo corpus exists already."""
    return any(view.dataset.name == DEMO for view in views)


def prepare_summary(report: PrepareReport, zone: tzinfo) -> PrepareSummary:
    """Return the result of preparing a version."""
    dropped = report.pairs_in - report.pairs_out
    kept = f" ({report.pairs_out / report.pairs_in * 100:.1f} %)" if report.pairs_in else ""
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
    return PrepareSummary(
        sentence=f"{pluralize(report.pairs_in, 'pair')} read, {format_count(report.pairs_out)} "
        f"kept{kept}, {format_count(dropped)} dropped. Prepared "
        f"{format_time(report.prepared_at, zone)}.",
        rules=sorted(rules, key=lambda rule: -(rule.dropped + rule.changed)),
        splits=[(name, report.splits[name]) for name in SPLITS if name in report.splits],
        vocabulary=pluralize(report.vocabulary_size, "token"),
    )


def import_notice(rejected: Mapping[str, int], repaired: Mapping[str, int]) -> str:
    """Describe which lines an import skipped or repaired, by reason; empty when there are none."""
    parts = [
        f"{verb}: {reasons}"
        for verb, counts in (("Lines skipped", rejected), ("Lines repaired", repaired))
        if (reasons := ", ".join(f"{format_count(n)} {why}" for why, n in counts.items() if n))
    ]
    return "; ".join(parts)


def version_label(dataset: Dataset) -> str:
    """Return name and short digest of a version."""
    return f"{dataset.name} {short_id(dataset.digest)}"


def _row(view: DatasetView, now: float) -> DatasetRow:
    """Return one version."""
    dataset, report = view.dataset, view.dataset.report
    snapshot = f"snapshot {short_id(view.snapshot.id)}" if view.snapshot else "not backed up"
    return DatasetRow(
        key=f"{dataset.name}/{dataset.digest}",
        name=dataset.name,
        digest=dataset.digest,
        short_digest=short_id(dataset.digest),
        pairs=format_count(dataset.pairs),
        languages=f"{dataset.source}→{dataset.target}",
        badge=_badge(view),
        protection=snapshot,
        prepared=f"{pluralize(report.pairs_out, 'pair')} prepared" if report else "not prepared",
        is_protected=view.is_protected,
        is_prepared=report is not None,
        is_busy=view.job is not None,
        origin=" · ".join(text for text in (dataset.origin, dataset.licence) if text),
        created=format_age(dataset.created_at, now),
        import_notice=import_notice(dataset.rejected, dataset.repaired),
    )


def _badge(view: DatasetView) -> Badge:
    """Return the job that works on a version, else whether it is backed up."""
    if view.job is not None:
        return Badge(word=view.job.spec.title, icon=":material/sync:", color="blue")
    return _PROTECTED if view.is_protected else _UNPROTECTED
