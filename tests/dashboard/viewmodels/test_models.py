"""Versions tell their lineage and test; history answers what served when."""

from dataclasses import replace
from datetime import UTC

from core.registry.records import (
    AliasAction,
    AliasEvent,
    ModelVersion,
    SelfTest,
    SelfTestVerdict,
)
from dashboard.viewmodels.models import (
    history_rows,
    model_rows,
    rollback_sentence,
    served_sentence,
    serving_row,
)

SELF_TEST = SelfTest(
    verdict=SelfTestVerdict.PASSED, segments=64, log_probability_difference=0.00021, different=0,
    int8_identical_ratio=1.0, int8_loss_rise=0.0, float32_bleu=40.0, int8_bleu=40.0,
)  # fmt: skip
MODEL = ModelVersion(
    name="demo", version=2, run_id="run1", run_name="demo-demo-1", step=800, source="en",
    target="es", dataset="demo", dataset_digest="d" * 64, snapshot="5" * 64, waiver=None,
    config={}, code_version="0.1.0", scores={"bleu": 83.4}, self_test=SELF_TEST,
    digest="f" * 64, created_at=99_000.0, aliases=("production",),
)  # fmt: skip
EVENT = AliasEvent(
    name="demo", alias="production", version=2, previous=1, time=90_000.0, actor="ada",
    action=AliasAction.PROMOTE, reason="better BLEU",
)  # fmt: skip


def test_the_version_that_serves_is_marked(now: float) -> None:
    """There is at most one answer."""
    rows = model_rows([MODEL, replace(MODEL, version=1, aliases=())], now, UTC)
    assert [row.look.word for row in rows] == ["serving", "in store"]
    assert serving_row(rows) == rows[0]
    assert serving_row(rows[1:]) is None
    assert rows[0].scores == "BLEU 83.4"


def test_lineage_goes_back_to_data_and_backup(now: float) -> None:
    """Run, dataset digest, snapshot, files, code."""
    (row,) = model_rows([MODEL], now, UTC)
    lineage = {fact.name: fact.value for fact in row.lineage}
    assert lineage["Run"] == "demo-demo-1 (run1), step 800"
    assert lineage["Snapshot"] == "55555555"
    waived = model_rows([replace(MODEL, snapshot=None, waiver="trial")], now, UTC)[0]
    assert {fact.name: fact.value for fact in waived.lineage}["Snapshot"] == "none, waived: trial"


def test_the_self_test_is_told_in_words(now: float) -> None:
    """Keys become words, numbers keep their digits, booleans become yes and no."""
    (row,) = model_rows([MODEL], now, UTC)
    told = {fact.name: fact.value for fact in row.test_rows}
    assert row.test.word == "self-test passed"
    assert told["log probability difference"] == "0.0002100"
    assert told["passed"] == "yes"


def test_a_failed_or_missing_self_test_is_not_green(now: float) -> None:
    """It must not look as if it had passed."""
    unknown = replace(SELF_TEST, verdict=SelfTestVerdict.UNKNOWN)
    failed = replace(SELF_TEST, verdict=SelfTestVerdict.FAILED)
    shown = {
        row.test.word
        for row in model_rows(
            [replace(MODEL, self_test=self_test) for self_test in (None, unknown)], now, UTC
        )
    }
    assert shown == {"no self-test"}
    (row,) = model_rows([replace(MODEL, self_test=failed)], now, UTC)
    assert row.test.word == "self-test failed"


def test_history_tells_how_long_each_version_served(now: float) -> None:
    """The newest still serves."""
    first = replace(EVENT, version=1, previous=None, time=86_400.0, reason="")
    back = replace(EVENT, version=1, time=96_400.0, action="rollback")
    rows = history_rows([back, EVENT, first], now, UTC)
    assert [row.version for row in rows] == ["demo:1", "demo:2", "demo:1"]
    assert [row.lasted for row in rows] == ["1 h so far", "1 h 46 min", "1 h"]
    assert [row.action for row in rows] == ["rolled back", "promoted", "promoted"]
    assert history_rows([], now, UTC) == []


def test_another_models_promotion_ends_nothing(now: float) -> None:
    """Each model has its own production, and other aliases beside it."""
    other = replace(EVENT, name="news", time=95_000.0)
    tried = replace(EVENT, alias="candidate", time=96_400.0)
    rows = history_rows([tried, other, EVENT], now, UTC)
    assert [row.lasted for row in rows] == ["1 h so far", "1 h 23 min so far", "2 h 46 min so far"]


def test_what_served_when_is_a_sentence() -> None:
    """With who moved the alias, when and why."""
    told = served_sentence(EVENT, 95_000.0, UTC)
    assert told.startswith("demo:2 served at 1970-01-02 02:23:20; it was promoted by ada")
    assert told.endswith(": better BLEU.")
    assert served_sentence(None, 0.0, UTC) == "Nothing served at 1970-01-01 00:00:00."


def test_rolling_back_is_announced() -> None:
    """Before the button is pressed."""
    assert "demo:2 back to demo:1" in rollback_sentence(MODEL, 1)
