"""One attempt on a run, from its configuration to its test scores."""

import dataclasses
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from core.backup.vault import Vault
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
from core.clock import Clock
from core.errors import DeniedError, InputError, NotFoundError, UnavailableError
from core.evaluation.evaluate import EvaluatedModel, evaluate
from core.evaluation.metrics import EvaluationReport
from core.files import canonical_json, digest_text
from core.model.config import ModelConfig
from core.model.search import BeamOptions
from core.paths import StatePaths
from core.runs.store import RunStore
from core.training.config import RunConfig
from core.training.corpus import Corpus, load_corpus
from core.training.host import num_threads, prepare_host
from core.training.journal import Journal
from core.training.learner import Learner
from core.training.loop import train
from core.training.pace import measure_step_seconds
from core.training.schedule import steps_within
from core.training.session import Position, Session, read_position, resume


class StoppedError(Exception):
    """The process was asked to stop in the middle of something that can be done again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """Where an attempt works: the run's folder, the home, the stores, the job that it is."""

    run: RunConfig
    folder: Path
    paths: StatePaths
    vault: Vault
    store: RunStore
    clock: Clock
    job_id: str
    journal: Journal
    should_stop: Callable[[], bool]

    @property
    def checkpoints(self) -> Path:
        """Folder of the run's checkpoints."""
        return self.folder / "checkpoints"


def work(place: Workplace) -> EvaluationReport | None:
    """Train to the end and return the test scores, or None when asked to stop before.

    Raises DatahallError: DeniedError when the dataset is in no verified snapshot and nobody waived
    that, DivergedError when the loss is no number any more.
    """
    check_gate(place)
    session = open_session(place)
    if not train(session):
        return None
    session.journal.flush()
    return _test(place, session)


def check_gate(place: Workplace) -> None:
    """Raise DeniedError unless a verified snapshot holds the dataset, or the gate was waived.

    It was asked when the run was requested; here it is asked again, just before the data is read.
    """
    run = place.run
    snapshot = place.vault.protecting(run.dataset_digest)
    if snapshot is not None:
        place.store.set_snapshot(run.run_id, snapshot.id)
    elif run.waiver is None:
        raise DeniedError(
            f"{run.dataset} {run.dataset_digest[:12]} is in no verified snapshot",
            remedy='Run "datahall backup run", then resume; or start with --skip-backup --reason',
        )


def open_session(place: Workplace) -> Session:
    """Load or make everything that the loop needs, and begin an attempt in the store."""
    run, journal = place.run, place.journal
    remove_drafts(place.checkpoints)
    found = newest_good(place.checkpoints, journal.say)
    parent = _parent(place) if found is None else None
    corpus = _corpus(place, found, parent)
    shape = _shape(run, corpus)
    device = choose_device(run.device)
    position = _first_position(place, found)
    prepare_host(position.threads, device)
    if not position.steps:
        seconds = measure_step_seconds(corpus, shape, run.train, device, place.clock)
        steps = steps_within(run.train.minutes, seconds)
        journal.say(f"{seconds:.3f} s an update: {steps:,} in {run.train.minutes:g} minutes")
        position = dataclasses.replace(position, steps=steps)
    session = Session(
        run=run,
        corpus=corpus,
        learner=Learner(shape, run.train, device),
        journal=journal,
        clock=place.clock,
        checkpoints=place.checkpoints,
        config_digest=digest_text(canonical_json(asdict(run.train))),
        position=position,
        should_stop=place.should_stop,
    )
    if found is not None:
        resume(session, found)
    elif parent is not None:
        _start_from(session, parent)
    place.store.set_planned_steps(run.run_id, position.steps)
    place.store.begin_attempt(run.run_id, place.job_id, session.position.step)
    journal.say(describe(session))
    return session


def describe(session: Session) -> str:
    """Say in one line what will happen."""
    position, corpus = session.position, session.corpus
    parameters = sum(p.numel() for p in session.learner.model.parameters())
    return (
        f"{session.run.run_name}: {parameters:,} parameters, {len(corpus.train.sources):,} pairs "
        f"({corpus.tokens_per_epoch:,} target tokens an epoch), "
        f"steps {position.step:,} to {position.steps:,} of {session.run.train.batch_tokens:,} "
        f"tokens on {session.learner.device} with {position.threads} threads"
    )


def choose_device(name: str) -> torch.device:
    """Return the device to compute on; raises UnavailableError when it is not here.

    The launcher shows a job its own GPUs alone, counted from 0: `cuda:3` may be the only one seen.
    """
    if not name.startswith("cuda"):
        return torch.device(name)
    if not torch.cuda.is_available():
        raise UnavailableError(f"{name} is not available here", remedy="Use --device cpu")
    index = int(name.partition(":")[2] or 0)
    return torch.device("cuda", index if index < torch.cuda.device_count() else 0)


def _parent(place: Workplace) -> Weights | None:
    """Return the best weights of the run to start from, or None; raises InputError."""
    if place.run.init_from is None:
        return None
    root = place.paths.checkpoints(place.run.init_from)
    best = require_best(root, place.run.init_from, allow_fallback=None)
    return load_weights(Path(best.checkpoint.path))


def _corpus(place: Workplace, found: GoodCheckpoint | None, parent: Weights | None) -> Corpus:
    """Return the corpus in the vocabulary that the weights know."""
    vocabulary = parent.vocabulary if parent else None
    if found is not None:
        vocabulary = found.folder / VOCABULARY_NAME
    return load_corpus(
        place.run,
        place.paths,
        place.clock,
        place.journal.progress(),
        vocabulary.read_bytes() if vocabulary else None,
    )


def _shape(run: RunConfig, corpus: Corpus) -> ModelConfig:
    """Return the model's shape for this corpus."""
    train = run.train
    return ModelConfig(
        vocabulary=corpus.tokenizer.size,
        width=train.width,
        heads=train.heads,
        hidden=train.hidden,
        encoder_layers=train.encoder_layers,
        decoder_layers=train.decoder_layers,
        dropout=train.dropout,
        norm="post" if train.norm == "post" else "pre",
    )


def _first_position(place: Workplace, found: GoodCheckpoint | None) -> Position:
    """Return where to go on; `steps` is 0 when it has to be measured first.

    A plan that was made once is kept, even if no checkpoint followed it.
    """
    if found is not None:
        return read_position(load_state(found.folder))
    steps = place.run.train.steps or place.store.get(place.run.run_id).steps or 0
    return Position(steps=steps, threads=num_threads(place.run.train.threads))


def _start_from(session: Session, parent: Weights) -> None:
    """Begin with another run's weights; raises InputError when the shapes differ."""
    shape = session.learner.model.config
    same = dataclasses.replace(parent.config, dropout=shape.dropout, max_length=shape.max_length)
    if same != shape:
        raise InputError(
            f"the weights to start from have another shape: {parent.config}",
            remedy=f"This run asks for {shape}",
        )
    session.learner.start_from(parent.tensors)


def _test(place: Workplace, session: Session) -> EvaluationReport | None:
    """Score the best checkpoint on the test split and note it on the run."""
    try:
        best = find_best(place.checkpoints)
    except NotFoundError:
        raise session.save_error or UnavailableError("no checkpoint was written") from None
    if best.is_fallback:
        place.journal.say(best.notice)
    if not session.corpus.dataset.report or not session.corpus.dataset.report.splits.get("test"):
        place.journal.say("there is no test split: the run ends without test scores")
        place.store.set_scores(place.run.run_id, {})
        return None
    weights = load_weights(Path(best.checkpoint.path))
    report = _evaluate(place, session, weights)
    if report is None:
        return None
    place.store.log_samples(place.run.run_id, report.samples)
    scores = {key: value for key, value in asdict(report).items() if key != "samples"}
    place.store.set_scores(place.run.run_id, scores)
    place.journal.say(
        f"test at step {report.step:,}: BLEU {report.bleu:.2f}, chrF {report.chrf:.2f}, "
        f"TER {report.ter:.2f}, loss {report.loss:.4f} ({report.sentences:,} sentences, "
        f"beam {report.beam}, {report.seconds:.1f} s)"
    )
    return report


def _evaluate(place: Workplace, session: Session, weights: Weights) -> EvaluationReport | None:
    """Translate the test split; return None when asked to stop meanwhile."""
    dataset, train = session.corpus.dataset, place.run.train
    num_sentences = dataset.report.splits["test"] if dataset.report else 0
    place.journal.begin("translating the test split", "sentences", 0, num_sentences)

    def tick(done: int) -> None:
        place.journal.advance(done)
        if place.should_stop():
            raise StoppedError

    subject = EvaluatedModel(
        model=build_model(weights, str(session.learner.device)),
        tokenizer=session.corpus.tokenizer,
        run_id=place.run.run_id,
        step=weights.step,
    )
    options = BeamOptions(beam=train.beam)
    try:
        return evaluate(subject, dataset, "test", options, clock=place.clock, on_progress=tick)
    except StoppedError:
        place.journal.say("stopped while translating the test split; resume to score it")
        return None
