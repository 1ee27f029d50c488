"""Settings, the audit log and what works here, as rows."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from core.audit import AuditEntry, AuditReport, LogState
from core.operations.doctor import Finding
from core.settings import SettingRow
from dashboard.viewmodels.looks import BAD, OFF, OK, WARN, Look
from dashboard.viewmodels.rows import Table
from dashboard.viewmodels.units import moment

_FINDINGS = {
    "works": Look(word="works", icon=":material/check_circle:", colour=OK),
    "absent": Look(word="not here", icon=":material/do_not_disturb_on:", colour=OFF),
    "broken": Look(word="broken", icon=":material/error:", colour=BAD),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """One thing that was looked at."""

    name: str
    look: Look
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRow:
    """Whether the audit log is whole."""

    look: Look
    sentence: str


def setting_table(rows: Sequence[SettingRow], wanted: str = "") -> Table:
    """Return the settings, those changed marked; `wanted` narrows them."""
    word = wanted.strip().casefold()
    return Table(
        header=("Setting", "Value", "Default", "What it does", "Variable"),
        rows=[
            (row.key, _shown(row), _default(row), row.help, row.variable)
            for row in rows
            if word in f"{row.key} {row.help} {row.variable}".casefold()
        ],
    )


def audit_table(entries: Sequence[AuditEntry], zone: tzinfo, wanted: str = "") -> Table:
    """Return the audit log, newest first; `wanted` narrows it."""
    word = wanted.strip().casefold()
    rows = [
        (
            str(entry.sequence),
            moment(entry.time, zone),
            f"{entry.actor} ({entry.origin})",
            entry.action,
            entry.target,
            entry.outcome,
            entry.detail or _arguments(entry),
        )
        for entry in entries
    ]
    return Table(
        header=("No.", "Time", "Who", "Action", "Target", "Outcome", "Detail"),
        rows=[row for row in rows if word in " ".join(row).casefold()],
    )


def chain_row(report: AuditReport) -> ChainRow:
    """Return the verdict on the audit log."""
    if report.state is LogState.ALTERED:
        return ChainRow(
            look=Look(word="altered", icon=":material/gpp_bad:", colour=BAD),
            sentence=f"The audit log was altered: {report.problem}. Compare it with the audit log "
            "in the newest snapshot.",
        )
    if report.state is LogState.UNPROTECTED:
        return ChainRow(
            look=Look(word="end not recorded", icon=":material/gpp_maybe:", colour=WARN),
            sentence="All rows are linked without a break. Rows missing at the end cannot be "
            "noticed: this home has not recorded the end of the log yet; the next action does.",
        )
    return ChainRow(
        look=Look(word="whole", icon=":material/verified:", colour=OK),
        sentence=f"All {report.rows} rows are as they were written."
        if report.rows
        else "No action was recorded yet.",
    )


def finding_rows(findings: Sequence[Finding]) -> Sequence[FindingRow]:
    """Return what works here and what does not."""
    return [
        FindingRow(
            name=finding.name,
            look=_FINDINGS.get(finding.state, _FINDINGS["broken"]),
            sentence=finding.sentence,
            remedy=finding.remedy,
        )
        for finding in findings
    ]


def _shown(row: SettingRow) -> str:
    """Return a setting's value; the password of a URL stays hidden."""
    text = str(row.value)
    if "://" in text and "@" in text:
        scheme, _, rest = text.partition("://")
        return f"{scheme}://…@{rest.rpartition('@')[2]}"
    return text or "(default)"


def _default(row: SettingRow) -> str:
    """Return the default where the value differs from it."""
    return "" if row.value == row.default else str(row.default) or "(empty)"


def _arguments(entry: AuditEntry) -> str:
    """Return an action's arguments."""
    return json.dumps(dict(entry.arguments), ensure_ascii=False) if entry.arguments else ""
