"""The prepare job: `python -P -m core.data --home DIR --dataset NAME --digest D --vocabulary N`.

Does nothing when the version is prepared already; progress goes to the job's folder.
"""

import argparse
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from core.clock import Clock, SystemClock
from core.data.datasets import DatasetStore
from core.data.prepare import OnProgress, prepare
from core.errors import DatahallError
from core.process.failure import report_error
from core.process.progress import ProgressReport, write_progress
from core.process.variables import own_job_folder
from core.settings import load_settings

_LEAST_PAUSE_S = 0.2


def main(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Prepare a version; return the exit status."""
    parser = argparse.ArgumentParser(prog="core.data", description="Prepare a dataset version.")
    parser.add_argument("--home", help="home folder (or DATAHALL_HOME)")
    parser.add_argument("--dataset", required=True, help="name of the dataset")
    parser.add_argument("--digest", help="the version; the newest without")
    parser.add_argument("--vocabulary", type=int, default=8000, help="subword pieces")
    flags = parser.parse_args(argv)
    folder = own_job_folder(environment)
    clock = SystemClock()
    try:
        settings = load_settings(environment=environment, flags={"home": flags.home})
        dataset = prepare(
            DatasetStore(settings.paths.datasets).get(flags.dataset, flags.digest),
            vocabulary_size=flags.vocabulary,
            clock=clock,
            on_progress=progress_writer(folder, clock) if folder else _print,
        )
    except DatahallError as error:
        return report_error(error, folder)
    told = dataset.report
    if told is not None:
        print(
            f"{dataset.name} {dataset.digest[:12]}: {told.pairs_in:,} pairs in, "
            f"{told.pairs_out:,} kept, {told.vocabulary_size:,} pieces"
        )
    return 0


def progress_writer(folder: Path, clock: Clock) -> OnProgress:
    """Return what writes the job's progress, a few times a second at most."""
    started = clock.monotonic()
    written = [-_LEAST_PAUSE_S]

    def write(ratio: float, message: str) -> None:
        """Write the progress unless it was written a moment ago."""
        passed = clock.monotonic() - started
        if ratio < 1.0 and passed - written[0] < _LEAST_PAUSE_S:
            return
        written[0] = passed
        eta = passed * (1 - ratio) / ratio if ratio > 0 else None
        write_progress(
            folder,
            ProgressReport(
                done=100 * ratio, total=100.0, unit="percent", message=message, eta_s=eta,
                at=clock.now(),
            ),
        )  # fmt: skip

    return write


def _print(ratio: float, message: str) -> None:
    """Say on stdout how far it is."""
    print(f"{ratio:4.0%} {message}", flush=True)


def _end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  (signal's signature)
    """End as a process that was asked to: scratch folders are removed on the way out."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    sys.exit(main(sys.argv[1:], os.environ))
