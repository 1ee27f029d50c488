"""Backup jobs: `python -P -m core.backup run|verify|restore|drill ... --home DIR`.

Prints one line and leaves `result.json` in the job's folder. SIGTERM ends restic as well: whatever
was half-done is not counted, and the repository stays usable.
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.backup.catalog import open_vault
from core.backup.coverage import SCOPES
from core.backup.failures import name_some
from core.backup.job import Reporter
from core.backup.names import legible
from core.backup.restoring import drill, restore, verify
from core.backup.saving import back_up
from core.backup.vault import Vault
from core.clock import SystemClock
from core.database import open_database_of
from core.errors import CorruptError, DatahallError
from core.process.failure import report_error
from core.process.variables import own_job_folder
from core.settings import Settings, load_settings

_CANCELLED = 130
Result = dict[str, Any]
Work = Callable[[Vault, argparse.Namespace, Reporter], Result]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one job; returns its exit status."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    job = Reporter(own_job_folder(os.environ), SystemClock())
    try:
        settings = load_settings(environment=os.environ, flags={"home": options.home})
        print(_work(settings, options, job)["sentence"])
    except DatahallError as error:
        return report_error(error, job.folder)
    except KeyboardInterrupt:
        print("error: stopped; nothing half-done counts", file=sys.stderr)
        return _CANCELLED
    return 0


def _work(settings: Settings, options: argparse.Namespace, job: Reporter) -> Result:
    """Open the vault, do what was asked, leave the result."""
    settings.paths.prepare()
    database = open_database_of(settings)
    try:
        vault = open_vault(settings, database, SystemClock())
        result = _WORKS[options.command](vault, options, job)
    finally:
        database.close()
    job.finish(result)
    return result


def _run(vault: Vault, options: argparse.Namespace, job: Reporter) -> Result:
    """Back up."""
    report = back_up(vault, options.dataset or options.what, job.tell)
    taken = report.snapshot
    moving = tuple(legible(name) for name in (*report.proof.changed, *report.proof.appeared))
    sentence = f"Snapshot {taken.id[:8]}: {taken.files:,} files, {taken.bytes:,} bytes, verified"
    if moving:
        sentence += f"; not counted, as they changed meanwhile: {name_some(moving)}"
    return {
        "sentence": sentence,
        "snapshot": taken.id,
        "files": taken.files,
        "bytes": taken.bytes,
        "added_bytes": taken.added_bytes,
        "datasets": list(report.datasets),
        "changed": list(moving),
    }


def _verify(vault: Vault, options: argparse.Namespace, job: Reporter) -> Result:
    """Check the repository and every snapshot."""
    report = verify(vault, job.tell, read_data=options.read_data)
    result = {
        "sentence": f"The repository is sound; {len(report.verified)} snapshots verified",
        "read_data": report.read_data,
        "problems": list(report.problems),
        "verified": list(report.verified),
        "faulty": list(report.faulty),
    }
    if report.is_sound:
        return result
    faults = report.problems or tuple(f"snapshot {key[:8]} lacks files" for key in report.faulty)
    message = f"the repository is not sound: {'; '.join(faults[:5])}"
    job.finish({**result, "sentence": message})
    raise CorruptError(message, remedy="Back up anew to another disk, then repair: restic check")


def _restore(vault: Vault, options: argparse.Namespace, job: Reporter) -> Result:
    """Restore into a folder and compare."""
    target = Path(options.to).expanduser().absolute()
    found = restore(vault, options.snapshot, target, options.only, job.tell)
    sentence = (
        f"{found.matched:,} of {found.files:,} files match, {found.bytes:,} bytes in {target}"
    )
    return _compared(
        sentence,
        found.unproven,
        {
            "files": found.files,
            "bytes": found.bytes,
            "matched": found.matched,
            "target": str(target),
        },
    )


def _drill(vault: Vault, options: argparse.Namespace, job: Reporter) -> Result:
    """Restore to a scratch folder, compare, remove."""
    snapshot, found = drill(vault, options.snapshot, job.tell)
    sentence = (
        f"Snapshot {snapshot.id[:8]} restores: {found.matched:,} of {found.files:,} files match, "
        f"{found.bytes:,} bytes"
    )
    return _compared(
        sentence,
        found.unproven,
        {
            "files": found.files,
            "bytes": found.bytes,
            "matched": found.matched,
            "snapshot": snapshot.id,
        },
    )


def _compared(sentence: str, unproven: Sequence[str], result: Mapping[str, Any]) -> Result:
    """Return a result that names the files of which nothing could be demanded."""
    names = [legible(name) for name in unproven]
    if names:
        sentence += f"; {len(names)} had changed while they were backed up: {name_some(names)}"
    return {**result, "sentence": sentence, "unproven": names}


def _parser() -> argparse.ArgumentParser:
    """Return the parser."""
    parser = argparse.ArgumentParser(prog="python -P -m core.backup", description=__doc__)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--home", help="home folder")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", parents=[common], help="back up and prove")
    chosen = run.add_mutually_exclusive_group()
    chosen.add_argument("--what", choices=SCOPES, default="all")
    chosen.add_argument("--dataset", metavar="NAME/DIGEST", help="one dataset version")
    check = commands.add_parser("verify", parents=[common], help="check the repository")
    check.add_argument("--read-data", action="store_true", help="read every stored byte")
    back = commands.add_parser("restore", parents=[common], help="restore and compare")
    back.add_argument("snapshot", help="id, the start of one, or latest")
    back.add_argument("--to", required=True, help="an empty or new folder")
    back.add_argument("--only", help="one file or folder of the snapshot")
    trial = commands.add_parser("drill", parents=[common], help="restore to scratch and compare")
    trial.add_argument("snapshot", nargs="?", default="latest")
    return parser


_WORKS: Mapping[str, Work] = {
    "run": _run,
    "verify": _verify,
    "restore": _restore,
    "drill": _drill,
}

if __name__ == "__main__":
    sys.exit(main())
