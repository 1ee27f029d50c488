"""The training process; `--run DIR` names the run's folder, which holds config.json.

Goes on from the newest sound checkpoint. On SIGTERM it finishes the update under way, makes a
checkpoint and exits 0. Exit 1 says that the run failed, 2 that it could not be started as asked.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from core.backup.catalog import open_vault
from core.clock import SystemClock
from core.database import open_database_of
from core.errors import ConflictError, DatahallError, UnavailableError
from core.files import write_json
from core.locks import take_lock
from core.process.failure import report_error
from core.process.stop_flag import StopFlag
from core.process.variables import JOB_VARIABLE, own_job_folder
from core.runs.store import RunStore
from core.settings import load_settings
from core.training.config import load_config
from core.training.journal import Journal
from core.training.run import Workplace, work


def main(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Train a run; return the exit status."""
    parser = argparse.ArgumentParser(prog="core.training", description="Train a run.")
    parser.add_argument("--run", required=True, type=Path, help="folder that holds config.json")
    flags = parser.parse_args(argv)
    job_folder = own_job_folder(environment)
    stop = StopFlag()
    stop.listen()
    try:
        attempt(flags.run, environment, stop)
    except DatahallError as error:
        return report_error(error, job_folder)
    except torch.OutOfMemoryError as error:
        message = f"the GPU has too little memory: {error}"
        return report_error(UnavailableError(message, remedy="Lower batch_tokens"), job_folder)
    return 0


def attempt(folder: Path, environment: Mapping[str, str], stop: StopFlag) -> None:
    """Work on the run in `folder` until it is done or stopped; raises DatahallError."""
    run = load_config(folder / "config.json")
    settings = load_settings(environment=environment, flags={"home": run.home})
    lock = take_lock(folder / "training.lock")
    if lock is None:
        raise ConflictError(f"run {run.run_name} is being trained by another process")
    clock, job_folder = SystemClock(), own_job_folder(environment)
    database = open_database_of(settings)
    try:
        store = RunStore(database, clock)
        place = Workplace(
            run=run,
            folder=folder,
            paths=settings.paths,
            vault=open_vault(settings, database, clock),
            store=store,
            clock=clock,
            job_id=environment.get(JOB_VARIABLE, ""),
            journal=Journal(store, run.run_id, clock, say, job_folder),
            should_stop=stop.is_set,
        )
        report = work(place)
        if report is not None and job_folder:
            write_json(job_folder / "result.json", asdict(report))
    finally:
        database.close()
        os.close(lock)


def say(line: str) -> None:
    """Write a line into the log at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
