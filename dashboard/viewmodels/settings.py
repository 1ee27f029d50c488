"""Settings, audit log and diagnostics as rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from core.audit import AuditEntry, AuditReport, LogState
from core.operations.doctor import Finding, FindingState
from core.settings import SettingRow
from dashboard.viewmodels.elements import (
    Badge,
    Severity,
    Table,
    neutral_badge,
    severity_badge,
    success_badge,
)
from dashboard.viewmodels.formatting import format_time, pluralize, shorten_digests

_FINDING_BADGES: Mapping[FindingState, Badge] = {
    FindingState.WORKS: success_badge("OK"),
    FindingState.ABSENT: neutral_badge("not available"),
    FindingState.BROKEN: severity_badge(Severity.CRITICAL, "failed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """The result of one diagnostic check."""

    name: str
    badge: Badge
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRow:
    """The verdict on the audit log."""

    badge: Badge
    sentence: str


def setting_table(rows: Sequence[SettingRow], query: str = "") -> Table:
    """Return the settings whose key, description or variable contains `query`."""
    word = query.strip().casefold()
    return Table(
        header=("Setting", "Value", "Default (if different)", "Description", "Variable"),
        rows=[
            (row.key, _value(row), _default(row), row.help, row.variable)
            for row in rows
            if word in f"{row.key} {row.help} {row.variable}".casefold()
        ],
    )


def audit_table(entries: Sequence[AuditEntry], zone: tzinfo, query: str = "") -> Table:
    """Return the entries of the audit log that contain `query`, newest first."""
    word = query.strip().casefold()
    rows = [
        (
            str(entry.sequence),
            format_time(entry.time, zone),
            f"{entry.actor} ({entry.origin})",
            entry.action,
            shorten_digests(entry.target),
            entry.outcome,
            entry.detail or _arguments(entry),
        )
        for entry in entries
    ]
    return Table(
        header=("No.", "Time", "User", "Action", "Target", "Outcome", "Details"),
        rows=[row for row in rows if word in " ".join(row).casefold()],
    )


def chain_row(report: AuditReport) -> ChainRow:
    """Return the verdict on the audit log."""
    if report.state is LogState.ALTERED:
        return ChainRow(
            badge=severity_badge(Severity.CRITICAL, "altered"),
            sentence=f"The audit log was altered: {report.problem}. Compare it with the audit log "
            "in the newest snapshot.",
        )
    if report.state is LogState.UNPROTECTED:
        return ChainRow(
            badge=severity_badge(Severity.WARNING, "end not recorded"),
            sentence="The hashes of all entries match. Entries deleted from the end cannot be "
            "detected, because the end of the log is not recorded yet. The next action records it.",
        )
    return ChainRow(
        badge=success_badge("chain intact"),
        sentence=f"{pluralize(report.rows, 'entry', 'entries')}, all unaltered."
        if report.rows
        else "The audit log is empty.",
    )


def finding_rows(findings: Sequence[Finding]) -> Sequence[FindingRow]:
    """Return the results of the diagnostics."""
    return [
        FindingRow(
            name=finding.name,
            badge=_FINDING_BADGES[finding.state],
            sentence=finding.sentence,
            remedy=finding.remedy,
        )
        for finding in findings
    ]


def _value(row: SettingRow) -> str:
    """Return a setting's value; credentials in a URL are hidden."""
    text = str(row.value)
    if "://" in text and "@" in text:
        scheme, _, rest = text.partition("://")
        return f"{scheme}://…@{rest.rpartition('@')[2]}"
    return text or "(default)"


def _default(row: SettingRow) -> str:
    """Return the default where the value differs from it."""
    return "" if row.value == row.default else str(row.default) or "(empty)"


def _arguments(entry: AuditEntry) -> str:
    """Return an action's arguments, such as `run: demo-1, preset: small`."""
    return ", ".join(f"{name}: {value}" for name, value in entry.arguments.items())
