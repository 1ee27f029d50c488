"""Model versions as rows, and the deployment history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from core.registry.records import (
    PRODUCTION,
    AliasAction,
    AliasEvent,
    ModelVersion,
    SelfTest,
    SelfTestVerdict,
)
from dashboard.viewmodels.elements import (
    Badge,
    LabelledValue,
    Severity,
    severity_badge,
    success_badge,
)
from dashboard.viewmodels.formatting import (
    ABSENT,
    format_age,
    format_count,
    format_duration,
    format_number,
    format_percent,
    format_time,
    format_time_and_age,
    short_id,
)
from dashboard.viewmodels.scores import ScoreRow, score_rows, scores_sentence

_SERVING = Badge(word="serving", icon=":material/play_circle:", color="green")
_ARCHIVED = Badge(word="archived", icon=":material/inventory_2:", color="gray")
_SELF_TEST_BADGES: Mapping[SelfTestVerdict, Badge] = {
    SelfTestVerdict.PASSED: success_badge("passed"),
    SelfTestVerdict.FAILED: severity_badge(Severity.CRITICAL, "failed"),
    SelfTestVerdict.UNKNOWN: severity_badge(
        Severity.WARNING,
        "missing",
        "No verdict of the comparison with the trained model is recorded for this version",
    ),
}
_ACTIONS: Mapping[AliasAction, str] = {
    AliasAction.PROMOTE: "promoted",
    AliasAction.ROLLBACK: "rolled back to",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """One version with its lineage."""

    key: str
    badge: Badge
    scores: str
    score_rows: Sequence[ScoreRow]
    run: str
    languages: str
    registered: str
    self_test: Badge
    self_test_values: Sequence[LabelledValue]
    lineage: Sequence[LabelledValue]
    is_serving: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentRow:
    """A period in which one version served."""

    since: str
    version: str
    action: str
    duration: str
    actor: str
    reason: str


def model_rows(versions: Sequence[ModelVersion], now: float, zone: tzinfo) -> Sequence[ModelRow]:
    """Return every version, newest first."""
    return [_row(version, now, zone) for version in versions]


def serving_row(rows: Sequence[ModelRow]) -> ModelRow | None:
    """Return the version that the alias `production` points at, or None."""
    return next((row for row in rows if row.is_serving), None)


def deployment_rows(
    events: Sequence[AliasEvent], now: float, zone: tzinfo
) -> Sequence[DeploymentRow]:
    """Return the deployments, newest first; each one ends when its alias moves again."""
    ends: dict[tuple[str, str], float] = {}
    rows = []
    for event in events:
        end = ends.get((event.name, event.alias))
        ends[event.name, event.alias] = event.time
        lasted = format_duration((now if end is None else end) - event.time)
        rows.append(
            DeploymentRow(
                since=format_time_and_age(event.time, now, zone),
                version=_version(event),
                action=_ACTIONS[event.action],
                duration=f"{lasted} so far" if end is None else lasted,
                actor=event.actor,
                reason=event.reason,
            )
        )
    return rows


def deployed_sentence(event: AliasEvent | None, at: float, zone: tzinfo) -> str:
    """Describe which version served at a time."""
    when = format_time(at, zone)
    if event is None:
        return f"No model was deployed at {when}."
    action = _ACTIONS[event.action]
    reason = f" Reason: {event.reason}." if event.reason else ""
    version = _version(event)
    return (
        f"{version} served at {when}. {event.actor} {action} {version} "
        f"at {format_time(event.time, zone)}.{reason}"
    )


def rollback_sentence(current: ModelVersion, previous: int) -> str:
    """Describe the effect of a rollback."""
    return (
        f"The alias {PRODUCTION} moves from {current.name}:{current.version} back to "
        f"{current.name}:{previous}. Requests in progress are not interrupted."
    )


def _version(event: AliasEvent) -> str:
    """Return `NAME:VERSION`."""
    return "none" if event.version is None else f"{event.name}:{event.version}"


def _row(version: ModelVersion, now: float, zone: tzinfo) -> ModelRow:
    """Return one version."""
    is_serving, test = PRODUCTION in version.aliases, version.self_test
    return ModelRow(
        key=f"{version.name}:{version.version}",
        badge=_SERVING if is_serving else _ARCHIVED,
        scores=scores_sentence(version.scores),
        score_rows=score_rows(version.scores),
        run=version.run_name,
        languages=f"{version.source}→{version.target}",
        registered=format_age(version.created_at, now),
        self_test=_SELF_TEST_BADGES[test.verdict if test else SelfTestVerdict.UNKNOWN],
        self_test_values=_self_test_values(test) if test else [],
        lineage=_lineage(version, now, zone),
        is_serving=is_serving,
    )


def _lineage(version: ModelVersion, now: float, zone: tzinfo) -> Sequence[LabelledValue]:
    """Return the run, data, snapshot, files and code that a version was made from."""
    no_backup = f"none; reason: {version.waiver}" if version.waiver else ABSENT
    values = {
        "Run": f"{version.run_name} ({version.run_id}), step {format_count(version.step)}",
        "Dataset": f"{version.dataset} {version.dataset_digest[:16]}",
        "Snapshot": short_id(version.snapshot) if version.snapshot else no_backup,
        "Files": f"SHA-256 {version.digest[:16]}",
        "Code version": version.code_version,
        "Registered": format_time_and_age(version.created_at, now, zone),
    }
    return [LabelledValue(label=label, value=value) for label, value in values.items()]


def _self_test_values(test: SelfTest) -> Sequence[LabelledValue]:
    """Return the measurements of the self-test."""
    values = {
        "Segments compared": format_count(test.segments),
        "Largest log-probability difference (float32)": format_number(
            test.log_probability_difference
        ),
        "Different greedy translations (float32)": format_count(test.different),
        "Equal greedy translations (int8)": format_percent(test.int8_identical_ratio),
        "Loss increase per token (int8)": format_number(test.int8_loss_rise),
        "BLEU (float32)": format_number(test.float32_bleu),
        "BLEU (int8)": format_number(test.int8_bleu),
    }
    return [LabelledValue(label=label, value=value) for label, value in values.items()]
