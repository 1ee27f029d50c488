"""The training job: one attempt at a run, from its configuration to its test scores."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from core.backup.vault import open_vault
from core.checkpoints.catalog import (
    GoodCheckpoint,
    find_best,
    newest_good,
    remove_drafts,
    require_best,
)
from core.checkpoints.contents import (
    VOCABULARY_NAME,
    Weights,
    build_model,
    load_state,
    load_weights,
)
from core.errors import (
    ConflictError,
    DatahallError,
    DeniedError,
    InputError,
    NotFoundError,
    UnavailableError,
)
from core.evaluation.evaluate import EvaluatedModel, evaluate
from core.evaluation.metrics import EvaluationReport
from core.locks import take_lock
from core.model.config import ModelConfig
from core.model.search import BeamOptions
from core.process.job import JobContext, JobResult, print_line
from core.runs.records import Run
from core.runs.store import RunStore
from core.training.config import TrainConfig, read_train_config
from core.training.corpus import Corpus, load_corpus
from core.training.host import (
    choose_device,
    measure_step_seconds,
    num_threads,
    prepare_host,
    steps_within,
)
from core.training.loop import Position, Trainer, position_of
from core.training.metric_log import MetricLog
from core.training.update import Learner


class _StoppedError(Exception):
    """A stop was requested during the evaluation on the test split, which can be repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """The objects that one attempt at a run uses."""

    job: JobContext
    run: Run
    config: TrainConfig
    store: RunStore
    log: MetricLog

    @property
    def checkpoints(self) -> Path:
        """Folder of the run's checkpoints."""
        return self.job.settings.paths.checkpoints(self.run.id)


def train_run(job: JobContext, *, run: str) -> JobResult:
    """Train a run (id or name) from its newest good checkpoint until it is finished or stopped.

    After SIGTERM it finishes the current update, saves a checkpoint and succeeds. Raises
    DatahallError: DeniedError if no verified snapshot contains the dataset and no waiver was given,
    DivergedError if the loss is not finite any more.
    """
    store = RunStore(job.database, job.clock)
    found = store.get(run)
    config = read_train_config(found.spec.config)
    log = MetricLog(store, found.id, job.clock, print_line)
    attempt = _Attempt(job=job, run=found, config=config, store=store, log=log)
    try:
        with _locked(attempt):
            return _train(attempt)
    except torch.OutOfMemoryError as error:
        raise UnavailableError(
            f"{found.spec.device} has too little free memory for batches of "
            f"{config.batch_tokens:,} tokens",
            remedy=f"Start a new run with --set batch_tokens={config.batch_tokens // 2}",
        ) from error


@contextmanager
def _locked(attempt: _Attempt) -> Iterator[None]:
    """Hold the lock of the run; raises ConflictError if another process trains it."""
    folder = attempt.checkpoints.parent
    folder.mkdir(parents=True, exist_ok=True)
    lock = take_lock(folder / "training.lock")
    if lock is None:
        raise ConflictError(f"run {attempt.run.spec.name} is being trained by another process")
    try:
        yield
    finally:
        os.close(lock)


def _train(attempt: _Attempt) -> JobResult:
    """Train, then evaluate the best checkpoint on the test split."""
    _check_backup(attempt)
    trainer = _open_trainer(attempt)
    if not trainer.train():
        return JobResult(sentence=f"stopped at step {trainer.position.step:,}")
    trainer.log.flush()
    return _test(attempt, trainer)


def _check_backup(attempt: _Attempt) -> None:
    """Raise DeniedError unless a verified snapshot contains the dataset or a waiver was given.

    This was checked when the run was requested; it is checked again just before the data is read.
    """
    spec, job = attempt.run.spec, attempt.job
    snapshot = open_vault(job.settings, job.database, job.clock).protecting(spec.dataset_digest)
    if snapshot is not None:
        attempt.store.set_snapshot(attempt.run.id, snapshot.id)
    elif spec.waiver is None:
        raise DeniedError(
            f"no verified snapshot contains dataset {spec.dataset} {spec.dataset_digest[:12]}",
            remedy='Run "datahall backup run", then resume the run; or start a new one with '
            "--skip-backup --reason TEXT",
        )


def _open_trainer(attempt: _Attempt) -> Trainer:
    """Load or create everything that the loop needs, and begin an attempt in the store."""
    run, config, job, log = attempt.run, attempt.config, attempt.job, attempt.log
    remove_drafts(attempt.checkpoints)
    checkpoint = newest_good(attempt.checkpoints, log.write_line)
    state = load_state(checkpoint.folder) if checkpoint else None
    parent = _parent_weights(attempt) if checkpoint is None else None
    corpus = _load_corpus(attempt, checkpoint, parent)
    shape = _model_shape(config, corpus)
    device = choose_device(run.spec.device)
    position = _first_position(attempt, state)
    prepare_host(position.threads, device)
    if not position.steps:
        seconds = measure_step_seconds(corpus, shape, config, device, job.clock)
        position = replace(position, steps=steps_within(config.minutes, seconds))
        log.write_line(
            f"{seconds:.3f} s per update: {position.steps:,} in {config.minutes:g} minutes"
        )
    trainer = Trainer(
        config=config,
        corpus=corpus,
        learner=Learner(shape, config, device),
        position=position,
        checkpoints=attempt.checkpoints,
        log=log,
        progress=job.progress,
        stop=job.stop,
        clock=job.clock,
    )
    if checkpoint is not None and state is not None:
        trainer.resume(checkpoint, state)
    elif parent is not None:
        _start_from(trainer, parent)
    attempt.store.set_planned_steps(run.id, position.steps)
    attempt.store.begin_attempt(run.id, job.job_id, trainer.position.step)
    log.write_line(_describe(run, trainer))
    return trainer


def _describe(run: Run, trainer: Trainer) -> str:
    """Return one line about what will be trained."""
    position, corpus = trainer.position, trainer.corpus
    num_parameters = sum(p.numel() for p in trainer.learner.model.parameters())
    return (
        f"{run.spec.name}: {num_parameters:,} parameters, {len(corpus.train.sources):,} pairs "
        f"({corpus.tokens_per_epoch:,} target tokens per epoch), steps {position.step:,} to "
        f"{position.steps:,} of {trainer.config.batch_tokens:,} tokens on "
        f"{trainer.learner.device} with {position.threads} threads"
    )


def _parent_weights(attempt: _Attempt) -> Weights | None:
    """Return the best weights of the run to start from; None if there is no such run."""
    parent = attempt.run.spec.parent
    if parent is None:
        return None
    root = attempt.job.settings.paths.checkpoints(parent)
    best = require_best(root, parent, allow_fallback=None)
    return load_weights(Path(best.checkpoint.path))


def _load_corpus(
    attempt: _Attempt, checkpoint: GoodCheckpoint | None, parent: Weights | None
) -> Corpus:
    """Return the corpus, encoded with the vocabulary of the weights."""
    vocabulary = parent.vocabulary if parent else None
    if checkpoint is not None:
        vocabulary = checkpoint.folder / VOCABULARY_NAME
    return load_corpus(
        attempt.run,
        attempt.config,
        attempt.job,
        vocabulary.read_bytes() if vocabulary else None,
    )


def _model_shape(config: TrainConfig, corpus: Corpus) -> ModelConfig:
    """Return the shape of the model for this corpus."""
    return ModelConfig(
        vocabulary=corpus.tokenizer.size,
        width=config.width,
        heads=config.heads,
        hidden=config.hidden,
        encoder_layers=config.encoder_layers,
        decoder_layers=config.decoder_layers,
        dropout=config.dropout,
        norm="post" if config.norm == "post" else "pre",
    )


def _first_position(attempt: _Attempt, state: dict[str, object] | None) -> Position:
    """Return the position to continue from; `steps` is 0 if it must be measured first.

    A number of steps that was planned once is kept, even if no checkpoint followed.
    """
    if state is not None:
        return position_of(state)
    steps = attempt.config.steps or attempt.run.steps or 0
    return Position(steps=steps, threads=num_threads(attempt.config.threads))


def _start_from(trainer: Trainer, parent: Weights) -> None:
    """Start from the weights of another run; raises InputError if the shapes differ."""
    shape = trainer.learner.model.config
    same = replace(parent.config, dropout=shape.dropout, max_length=shape.max_length)
    if same != shape:
        raise InputError(
            f"the weights to start from have another shape: {parent.config}",
            remedy=f"This run is configured for {shape}",
        )
    trainer.learner.load(parent.tensors)


def _test(attempt: _Attempt, trainer: Trainer) -> JobResult:
    """Score the best checkpoint on the test split and store the scores."""
    try:
        best = find_best(attempt.checkpoints)
    except NotFoundError:
        cause = trainer.save_error or DatahallError("no metrics could be stored")
        raise type(cause)(
            f"the run ends without a checkpoint: {cause.message}", remedy=cause.remedy
        ) from cause
    if best.is_fallback:
        attempt.log.write_line(best.notice)
    report_of_data = trainer.corpus.dataset.report
    if not report_of_data or not report_of_data.splits.get("test"):
        return JobResult(sentence="finished; the dataset has no test split, so it is not scored")
    weights = load_weights(Path(best.checkpoint.path))
    try:
        report = _evaluate(attempt, trainer, weights, report_of_data.splits["test"])
    except _StoppedError:
        return JobResult(sentence="stopped while translating the test split; resume to score it")
    attempt.store.log_samples(attempt.run.id, report.samples)
    attempt.store.set_scores(attempt.run.id, report.scores)
    return JobResult(sentence=report.sentence, values=report.to_document())


def _evaluate(
    attempt: _Attempt, trainer: Trainer, weights: Weights, num_sentences: int
) -> EvaluationReport:
    """Translate and score the test split; raises _StoppedError on a stop request."""
    job = attempt.job
    job.progress.begin("translating the test split", total=num_sentences, unit="sentences")

    def on_progress(done: int) -> None:
        job.progress.update(done)
        if job.stop.is_set():
            raise _StoppedError

    model = EvaluatedModel(
        model=build_model(weights, str(trainer.learner.device)),
        tokenizer=trainer.corpus.tokenizer,
        run_id=attempt.run.id,
        step=weights.step,
    )
    return evaluate(
        model,
        trainer.corpus.dataset,
        "test",
        BeamOptions(beam=attempt.config.beam),
        clock=job.clock,
        on_progress=on_progress,
    )
