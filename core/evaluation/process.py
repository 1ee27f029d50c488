"""The evaluation process: a run's best checkpoint against a split of the run's own dataset.

Prints the report, and leaves it as `result.json` in the job's folder when it is a job.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from core.checkpoints.listing import best_checkpoint
from core.checkpoints.weights import build_model, load_weights
from core.clock import Clock, SystemClock
from core.data.datasets import DatasetStore
from core.data.prepare import prepare
from core.data.records import Dataset
from core.data.tokenizer import Tokenizer
from core.database import open_database_of
from core.errors import DatahallError
from core.evaluation.evaluate import Subject, Tick, evaluate, ignore_progress
from core.evaluation.records import EvalReport
from core.files import write_json
from core.model.search import BeamOptions
from core.paths import StatePaths
from core.process.failure import report_error
from core.process.progress import ProgressReport, write_progress
from core.process.variables import own_job_folder
from core.runs.records import Run
from core.runs.store import RunStore
from core.settings import Settings, load_settings

_PROGRESS_S = 0.25


def main(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Evaluate a run; return the exit status."""
    parser = argparse.ArgumentParser(prog="core.evaluation", description="Score a run on a split.")
    parser.add_argument("--run", required=True, help="id or name of the run")
    parser.add_argument("--split", default="test", choices=("test", "valid"))
    parser.add_argument("--beam", type=int, default=5, help="beam width; 1 is greedy search")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--home", help="home folder (or DATAHALL_HOME)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    flags = parser.parse_args(argv)
    folder = own_job_folder(environment)
    try:
        settings = load_settings(environment=environment, flags={"home": flags.home})
        found = _evaluate(settings, flags, folder)
    except DatahallError as error:
        return report_error(error, folder)
    document = asdict(found)
    if folder:
        write_json(folder / "result.json", document)
    sys.stdout.write((json.dumps(document) if flags.json else _describe(found)) + "\n")
    return 0


def _evaluate(settings: Settings, flags: argparse.Namespace, job_folder: Path | None) -> EvalReport:
    """Load what is asked for and score it."""
    clock = SystemClock()
    database = open_database_of(settings)
    try:
        run = RunStore(database, clock).get(flags.run)
    finally:
        database.close()
    weights = load_weights(Path(best_checkpoint(settings.paths, run).path))
    dataset = _dataset(settings.paths, run, clock)
    total = dataset.report.splits.get(flags.split, 0) if dataset.report else 0
    subject = Subject(
        model=build_model(weights, flags.device),
        tokenizer=Tokenizer.load(weights.vocabulary),
        run_id=run.id,
        step=weights.step,
    )
    tick = _progress_writer(job_folder, total, clock) if job_folder else ignore_progress
    options = BeamOptions(beam=flags.beam)
    return evaluate(subject, dataset, flags.split, options, clock=clock, tick=tick)


def _dataset(paths: StatePaths, run: Run, clock: Clock) -> Dataset:
    """Return the run's dataset version, prepared."""
    found = DatasetStore(paths.datasets).get(run.spec.dataset, run.spec.dataset_digest)
    if found.report is not None:
        return found
    size = int(run.spec.config["train"]["vocabulary"])
    return prepare(found, vocabulary_size=size, clock=clock)


def _progress_writer(folder: Path, total: int, clock: Clock) -> Tick:
    """Return what tells the job how many sentences are done, a few times a second at most."""
    started = told = clock.monotonic()

    def write(done: int) -> None:
        nonlocal told
        now = clock.monotonic()
        if now - told < _PROGRESS_S and done < total:
            return
        told = now
        rate = done / (now - started) if now > started else None
        write_progress(
            folder,
            ProgressReport(
                done=done, total=total, unit="sentences", message="translating", rate=rate,
                eta_s=(total - done) / rate if rate else None, at=clock.now(),
            ),
        )  # fmt: skip

    return write


def _describe(report: EvalReport) -> str:
    """Return the report for people."""
    head = f"{report.split} at step {report.step:,}, {report.sentences:,} sentences"
    scores = f"BLEU {report.bleu:.2f}  chrF {report.chrf:.2f}  TER {report.ter:.2f}"
    signatures = [f"{name}: {signature}" for name, signature in report.signatures.items()]
    return "\n".join(
        [
            f"{head}, beam {report.beam}, {report.seconds:.1f} s",
            f"{scores}  loss {report.loss:.4f}",
            *signatures,
        ]
    )
