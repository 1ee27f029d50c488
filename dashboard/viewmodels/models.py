"""Model versions as rows, and what served when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from core.registry.records import PRODUCTION, AliasEvent, ModelVersion, SelfTest, SelfTestVerdict
from dashboard.viewmodels.looks import BAD, OFF, OK, Look
from dashboard.viewmodels.rows import Fact
from dashboard.viewmodels.scores import ScoreRow, score_rows, scores_sentence
from dashboard.viewmodels.units import ABSENT, age, count, duration, moment, number, short

SERVING = Look(word="serving", icon=":material/play_circle:", colour=OK)
NOT_SERVING = Look(word="in store", icon=":material/inventory_2:", colour=OFF)
_PASSED = Look(word="self-test passed", icon=":material/check_circle:", colour=OK)
_FAILED = Look(word="self-test failed", icon=":material/error:", colour=BAD)
_UNTESTED = Look(word="no self-test", icon=":material/help:", colour=OFF)
_TEST_LOOKS = {
    SelfTestVerdict.PASSED: _PASSED,
    SelfTestVerdict.FAILED: _FAILED,
    SelfTestVerdict.UNKNOWN: _UNTESTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """One version with its lineage."""

    key: str
    name: str
    version: int
    look: Look
    scores: str
    score_rows: Sequence[ScoreRow]
    run: str
    run_id: str
    languages: str
    created: str
    test: Look
    test_rows: Sequence[Fact]
    lineage: Sequence[Fact]
    is_serving: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """A stretch of time in which one version served."""

    when: str
    version: str
    action: str
    lasted: str
    actor: str
    reason: str


def model_rows(versions: Sequence[ModelVersion], now: float, zone: tzinfo) -> Sequence[ModelRow]:
    """Return every version, newest first."""
    return [_row(version, now, zone) for version in versions]


def serving_row(rows: Sequence[ModelRow]) -> ModelRow | None:
    """Return the version that `production` points at, or None while nothing serves."""
    return next((row for row in rows if row.is_serving), None)


def history_rows(events: Sequence[AliasEvent], now: float, zone: tzinfo) -> Sequence[HistoryRow]:
    """Return what served when, newest first: each event lasted until its alias moved again."""
    moved: dict[tuple[str, str], float] = {}
    rows = []
    for event in events:
        end = moved.get((event.name, event.alias))
        moved[event.name, event.alias] = event.time
        rows.append(
            HistoryRow(
                when=moment(event.time, zone),
                version=_version(event),
                action={"promote": "promoted", "rollback": "rolled back"}.get(
                    event.action, event.action
                ),
                lasted=f"{duration(now - event.time)} so far"
                if end is None
                else duration(end - event.time),
                actor=event.actor,
                reason=event.reason,
            )
        )
    return rows


def served_sentence(event: AliasEvent | None, at: float, zone: tzinfo) -> str:
    """Answer what served at a time."""
    when = moment(at, zone)
    if event is None:
        return f"Nothing served at {when}."
    verb = {"promote": "promoted", "rollback": "rolled back to"}.get(event.action, event.action)
    why = f": {event.reason}" if event.reason else ""
    return (
        f"{_version(event)} served at {when}; it was {verb} by {event.actor} "
        f"on {moment(event.time, zone)}{why}."
    )


def rollback_sentence(present: ModelVersion, earlier: int) -> str:
    """Say what rolling back will do."""
    return (
        f"{PRODUCTION} moves from {present.name}:{present.version} back to "
        f"{present.name}:{earlier}. The server swaps without dropping a request."
    )


def _version(event: AliasEvent) -> str:
    """Return `NAME:VERSION`."""
    return "nothing" if event.version is None else f"{event.name}:{event.version}"


def _row(version: ModelVersion, now: float, zone: tzinfo) -> ModelRow:
    """Return one version."""
    is_serving = PRODUCTION in version.aliases
    return ModelRow(
        key=f"{version.name}:{version.version}",
        name=version.name,
        version=version.version,
        look=SERVING if is_serving else NOT_SERVING,
        scores=scores_sentence(version.scores),
        score_rows=score_rows(version.scores),
        run=version.run_name,
        run_id=version.run_id,
        languages=f"{version.source}→{version.target}",
        created=age(version.created_at, now),
        test=_test_look(version.self_test),
        test_rows=_test_rows(version.self_test),
        lineage=_lineage(version, zone),
        is_serving=is_serving,
    )  # fmt: skip


def _lineage(version: ModelVersion, zone: tzinfo) -> Sequence[Fact]:
    """Return what a version was made of."""
    no_backup = f"none, waived: {version.waiver}" if version.waiver else ABSENT
    facts = {
        "Run": f"{version.run_name} ({version.run_id}), step {count(version.step)}",
        "Dataset": f"{version.dataset} {version.dataset_digest[:16]}",
        "Snapshot": short(version.snapshot) if version.snapshot else no_backup,
        "Files": f"sha256 {version.digest[:16]}",
        "Code": version.code_version,
        "Registered": moment(version.created_at, zone),
    }
    return [Fact(name=name, value=value) for name, value in facts.items()]


def _test_look(self_test: SelfTest | None) -> Look:
    """Return how the verdict of the self-test is shown; a missing verdict is not a pass."""
    verdict = self_test.verdict if self_test else SelfTestVerdict.UNKNOWN
    return _TEST_LOOKS[verdict]


def _test_rows(self_test: SelfTest | None) -> Sequence[Fact]:
    """Return the measurements of the self-test, one per row."""
    document = self_test.to_document() if self_test else {}
    return [
        Fact(name=key.replace("_", " "), value=_shown(value)) for key, value in document.items()
    ]


def _shown(value: object) -> str:
    """Return a value of the self-test."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value, digits=4) if isinstance(value, float) else str(value)
