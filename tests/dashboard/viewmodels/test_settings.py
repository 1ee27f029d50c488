"""Settings, audit log and diagnostics as rows."""

from dataclasses import replace
from datetime import UTC
from pathlib import Path

from core.audit import AuditEntry, AuditReport, LogState
from core.operations.doctor import Finding, FindingState
from core.settings import Settings, WebSettings, describe
from dashboard.viewmodels.elements import SEVERITY_BADGES, Severity
from dashboard.viewmodels.settings import audit_table, chain_row, finding_rows, setting_table

ENTRY = AuditEntry(
    sequence=7, time=0.0, actor="ada", origin="page", action="runs.stop", target="demo-1",
    outcome="allowed", detail="", arguments={"why": "¡ya!"},
)  # fmt: skip


def test_settings_show_value_default_and_variable(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, web=WebSettings(port=9000))
    rows = {row[0]: row for row in setting_table(describe(settings)).rows}
    assert rows["web.port"][1:3] == ("9000", "8501")
    assert rows["web.port"][4] == "DATAHALL_WEB_PORT"
    assert rows["web.host"][2] == ""
    assert rows["database_url"][1] == "(default)"


def test_a_password_in_a_url_is_hidden(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url="postgresql+psycopg://ada:secret@db/hall")
    (row,) = setting_table(describe(settings), "database_url").rows
    assert row[1] == "postgresql+psycopg://…@db/hall"


def test_settings_can_be_searched(tmp_path: Path) -> None:
    rows = setting_table(describe(Settings(home=tmp_path)), "DATAHALL_WEB").rows
    assert {row[0].split(".")[0] for row in rows} == {"web"}


def test_the_audit_log_shows_arguments_or_the_error() -> None:
    failed = replace(ENTRY, outcome="failed", detail="disk full")
    table = audit_table([ENTRY, failed], UTC)
    assert table.rows[0][2:] == ("ada (page)", "runs.stop", "demo-1", "allowed", "why: ¡ya!")
    assert table.rows[1][-1] == "disk full"
    assert audit_table([ENTRY, failed], UTC, "DISK").rows == [table.rows[1]]


def test_an_altered_log_is_critical_and_names_the_entry() -> None:
    row = chain_row(AuditReport(state=LogState.ALTERED, rows=9, problem="row 7 was changed"))
    assert row.badge.color == SEVERITY_BADGES[Severity.CRITICAL].color
    assert "row 7 was changed" in row.sentence


def test_a_log_whose_end_is_not_recorded_is_a_warning() -> None:
    row = chain_row(AuditReport(state=LogState.UNPROTECTED, rows=9))
    assert row.badge.color == SEVERITY_BADGES[Severity.WARNING].color


def test_an_unaltered_log_is_intact() -> None:
    whole = AuditReport(state=LogState.WHOLE, rows=9)
    assert chain_row(whole).badge.word == "chain intact"
    assert "empty" in chain_row(replace(whole, rows=0)).sentence


def test_an_absent_part_is_not_a_failed_check() -> None:
    rows = finding_rows(
        [
            Finding(name="gpu", state=FindingState.ABSENT, sentence="no driver"),
            Finding(
                name="torch",
                state=FindingState.BROKEN,
                sentence="missing",
                remedy="pip install torch",
            ),
        ]
    )
    assert [row.badge.word for row in rows] == ["not available", "failed"]
    assert rows[1].remedy == "pip install torch"
