"""Backup jobs: `python -P -m core.backup run|verify|restore|drill --home DIR ...`.

A signal also terminates restic; unfinished work is discarded, and the repository remains usable.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from core.backup.backup import TELEMETRY_REMEDY, back_up, cover_dataset, cover_scope
from core.backup.errors import list_names
from core.backup.manifest import replace_invalid_utf8
from core.backup.proof import Comparison
from core.backup.records import Scope
from core.backup.restore import drill, restore, verify
from core.backup.vault import Vault, open_vault
from core.errors import CorruptError
from core.process.job import JobContext, JobResult, run_job
from core.text import format_megabytes

_MAX_FAULTS = 5


def run_backup(
    job: JobContext,
    *,
    what: Scope = Scope.ALL,
    dataset: str | None = None,
    new_repository: bool = False,
) -> JobResult:
    """Back up a scope, or one dataset version (NAME/DIGEST), and compare."""
    paths = job.settings.paths
    coverage = cover_dataset(paths, dataset) if dataset else cover_scope(paths, what)
    report = back_up(_vault(job), coverage, job.progress, new_repository=new_repository)
    snapshot = report.snapshot
    changed = [
        replace_invalid_utf8(name) for name in (*report.proof.changed, *report.proof.appeared)
    ]
    size = format_megabytes(snapshot.bytes)
    sentence = f"Snapshot {snapshot.id[:8]}: {snapshot.files:,} files, {size}, verified"
    if changed:
        sentence += f"; changed during the backup, so not protected: {list_names(changed)}"
    if report.proof.left_out:
        sentence += (
            f"; damaged, so left out: {list_names(report.proof.left_out)}. {TELEMETRY_REMEDY}"
        )
    return JobResult(
        sentence=sentence,
        values={
            "snapshot": snapshot.id,
            "files": snapshot.files,
            "bytes": snapshot.bytes,
            "added_bytes": snapshot.added_bytes,
            "datasets": list(report.datasets),
            "changed": changed,
            "left_out": list(report.proof.left_out),
        },
    )


def run_verify(job: JobContext, *, read_data: bool = False) -> JobResult:
    """Check the repository and compare every snapshot with its manifest."""
    report = verify(_vault(job), job.progress, read_data=read_data)
    if not report.faults:
        num_verified = len(report.verified)
        snapshots = "snapshot" if num_verified == 1 else "snapshots"
        return JobResult(
            sentence=f"The repository is intact; {num_verified} {snapshots} verified",
            values={"read_data": read_data, "verified": list(report.verified)},
        )
    for fault in report.faults:
        sys.stdout.write(f"{fault}\n")
    more = len(report.faults) - _MAX_FAULTS
    shown = "; ".join(report.faults[:_MAX_FAULTS]) + (f"; and {more} more" if more > 0 else "")
    if report.faults == (report.audit,):
        remedy = "See which rows are affected: datahall audit verify"
    elif report.missing and not report.problems and not report.faulty:
        remedy = (
            "Bring the files back from a second copy of the repository. If you removed the "
            f"snapshots on purpose: datahall backup forget {' '.join(report.missing)}"
        )
    else:
        remedy = (
            "Choose another disk (setting backup.repository), then make a new backup: "
            "datahall backup run"
        )
    raise CorruptError(f"the repository is not intact: {shown}", remedy=remedy)


def run_restore(job: JobContext, *, snapshot: str, to: Path, only: str | None = None) -> JobResult:
    """Restore a snapshot, or a part of it, into a new or empty folder, and compare."""
    target = to.expanduser().absolute()
    found = restore(_vault(job), snapshot, target, only, job.progress)
    size = format_megabytes(found.bytes)
    sentence = f"{found.matched:,} of {found.files:,} files are equal, {size} in {target}"
    return _compared(sentence, found, target=str(target))


def run_drill(job: JobContext, *, snapshot: str = "latest") -> JobResult:
    """Restore a snapshot to a scratch folder, compare every byte, and remove it."""
    chosen, found = drill(_vault(job), snapshot, job.progress)
    sentence = (
        f"Snapshot {chosen.id[:8]} can be restored: {found.matched:,} of {found.files:,} files are "
        f"equal, {format_megabytes(found.bytes)}"
    )
    return _compared(sentence, found, snapshot=chosen.id)


def _vault(job: JobContext) -> Vault:
    return open_vault(job.settings, job.database, job.clock)


def _compared(sentence: str, found: Comparison, **values: str) -> JobResult:
    """Return the result of a comparison; it names the files that could not be compared."""
    unproven: Sequence[str] = [replace_invalid_utf8(name) for name in found.unproven]
    if unproven:
        sentence += (
            f"; {len(unproven)} not compared, because they changed during the backup: "
            + list_names(unproven)
        )
    return JobResult(
        sentence=sentence,
        values={
            "files": found.files,
            "bytes": found.bytes,
            "matched": found.matched,
            "unproven": unproven,
            **values,
        },
    )


if __name__ == "__main__":
    sys.exit(
        run_job(
            {
                "run": run_backup,
                "verify": run_verify,
                "restore": run_restore,
                "drill": run_drill,
            }
        )
    )
