"""Model versions with lineage and self-test, and the deployment history."""

from dataclasses import replace
from datetime import UTC

import pytest

from core.registry.records import (
    AliasAction,
    AliasEvent,
    ModelVersion,
    SelfTest,
    SelfTestVerdict,
)
from core.scores import Scores
from dashboard.viewmodels.elements import SEVERITY_BADGES, Severity
from dashboard.viewmodels.models import (
    deployed_sentence,
    deployment_rows,
    model_rows,
    rollback_sentence,
    serving_row,
)

SELF_TEST = SelfTest(
    verdict=SelfTestVerdict.PASSED, segments=64, log_probability_difference=0.00021, different=0,
    int8_identical_ratio=0.98, int8_loss_rise=0.0, float32_bleu=40.0, int8_bleu=40.0,
)  # fmt: skip
MODEL = ModelVersion(
    name="demo", version=2, run_id="run1", run_name="demo-demo-1", step=800, source="en",
    target="es", dataset="demo", dataset_digest="d" * 64, snapshot="5" * 64, waiver=None,
    config={}, code_version="0.1.0", scores=Scores(bleu=83.4), self_test=SELF_TEST,
    digest="f" * 64, created_at=99_000.0, aliases=("production",),
)  # fmt: skip
EVENT = AliasEvent(
    name="demo", alias="production", version=2, previous=1, time=90_000.0, actor="ada",
    action=AliasAction.PROMOTE, reason="better BLEU",
)  # fmt: skip


def test_the_version_with_the_production_alias_serves(now: float) -> None:
    rows = model_rows([MODEL, replace(MODEL, version=1, aliases=())], now, UTC)
    assert [row.badge.word for row in rows] == ["serving", "archived"]
    assert serving_row(rows) == rows[0]
    assert serving_row(rows[1:]) is None
    assert rows[0].scores == "BLEU 83.4"


def test_lineage_names_run_and_snapshot(now: float) -> None:
    (row,) = model_rows([MODEL], now, UTC)
    lineage = {item.label: item.value for item in row.lineage}
    assert lineage["Run"] == "demo-demo-1 (run1), step 800"
    assert lineage["Snapshot"] == "55555555"
    (waived,) = model_rows([replace(MODEL, snapshot=None, waiver="trial")], now, UTC)
    assert {item.label: item.value for item in waived.lineage}["Snapshot"] == "none; reason: trial"


def test_self_test_measurements_are_labelled(now: float) -> None:
    (row,) = model_rows([MODEL], now, UTC)
    values = {item.label: item.value for item in row.self_test_values}
    assert row.self_test.word == "passed"
    assert values["Largest log-probability difference (float32)"] == "2.10e-04"
    assert values["Equal greedy translations (int8)"] == "98 %"


@pytest.mark.parametrize("self_test", [None, replace(SELF_TEST, verdict=SelfTestVerdict.UNKNOWN)])
def test_a_missing_self_test_verdict_is_a_warning(now: float, self_test: SelfTest | None) -> None:
    (row,) = model_rows([replace(MODEL, self_test=self_test)], now, UTC)
    assert row.self_test.word == "missing"
    assert row.self_test.color == SEVERITY_BADGES[Severity.WARNING].color


def test_a_failed_self_test_is_critical(now: float) -> None:
    failed = replace(SELF_TEST, verdict=SelfTestVerdict.FAILED)
    (row,) = model_rows([replace(MODEL, self_test=failed)], now, UTC)
    assert row.self_test.word == "failed"
    assert row.self_test.color == SEVERITY_BADGES[Severity.CRITICAL].color


def test_a_deployment_lasts_until_its_alias_moves(now: float) -> None:
    first = replace(EVENT, version=1, previous=None, time=86_400.0, reason="")
    back = replace(EVENT, version=1, time=96_400.0, action=AliasAction.ROLLBACK)
    rows = deployment_rows([back, EVENT, first], now, UTC)
    assert [row.version for row in rows] == ["demo:1", "demo:2", "demo:1"]
    assert [row.duration for row in rows] == ["1 h so far", "1 h 46 min", "1 h"]
    assert [row.action for row in rows] == ["rolled back to", "promoted", "promoted"]
    assert rows[0].since == "1970-01-02 02:46:40 (1 h ago)"
    assert deployment_rows([], now, UTC) == []


def test_other_models_and_aliases_do_not_end_a_deployment(now: float) -> None:
    other_model = replace(EVENT, name="news", time=95_000.0)
    other_alias = replace(EVENT, alias="candidate", time=96_400.0)
    rows = deployment_rows([other_alias, other_model, EVENT], now, UTC)
    assert [row.duration for row in rows] == [
        "1 h so far",
        "1 h 23 min so far",
        "2 h 46 min so far",
    ]


def test_the_version_deployed_at_a_time_is_described() -> None:
    assert deployed_sentence(EVENT, 95_000.0, UTC) == (
        "demo:2 served at 1970-01-02 02:23:20. ada promoted demo:2 at 1970-01-02 01:00:00. "
        "Reason: better BLEU."
    )
    nothing = deployed_sentence(None, 0.0, UTC)
    assert nothing == "No model was deployed at 1970-01-01 00:00:00."


def test_a_rollback_names_both_versions() -> None:
    assert "demo:2 back to demo:1" in rollback_sentence(MODEL, 1)
