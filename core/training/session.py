"""A run under way in this process, and how it is kept in checkpoints."""

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from core.checkpoints.catalog import (
    BEST,
    GoodCheckpoint,
    checkpoint_folder,
    is_good,
    newest_step,
    prune_checkpoints,
    write_pointer,
)
from core.checkpoints.contents import (
    EMA_NAME,
    RAW_NAME,
    CheckpointToSave,
    WeightsToSave,
    load_state,
    save_checkpoint,
)
from core.clock import Clock
from core.errors import DatahallError
from core.training.config import RunConfig
from core.training.corpus import Corpus
from core.training.journal import Journal
from core.training.learner import Learner
from core.training.validation import Validation


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a run is: part of every checkpoint.

    `step` updates of `steps` are done; next comes batch `batch` of epoch `epoch`. `threads` is what
    the run computes with, however often it is resumed. `seconds` is the time spent on updates.
    """

    steps: int
    threads: int
    step: int = 0
    epoch: int = 0
    batch: int = 0
    seconds: float = 0.0
    best_step: int = 0
    best_bleu: float = -1.0
    best_loss: float = math.inf


@dataclass(slots=True, kw_only=True)
class Session:
    """What learns, what it reads, where it tells and keeps things."""

    run: RunConfig
    corpus: Corpus
    learner: Learner
    journal: Journal
    clock: Clock
    checkpoints: Path
    config_digest: str
    position: Position
    should_stop: Callable[[], bool]
    save_error: DatahallError | None = None

    @property
    def last_kept_step(self) -> int:
        """The step of the newest checkpoint, 0 when there is none."""
        return newest_step(self.checkpoints)


def keep(session: Session, found: Validation | None) -> None:
    """Make a checkpoint of the run as it stands, and forget old ones.

    Metrics up to here are stored before, so that a resumed curve has no gap. A disk that is full
    stops neither: the run goes on and says so.
    """
    journal, position = session.journal, _with_best(session.position, found)
    is_best = position.best_step == position.step or not session.corpus.valid.sources
    if not journal.flush():
        journal.say(f"no checkpoint at step {position.step:,}: its metrics are not stored yet")
        return
    try:
        folder = save_checkpoint(session.checkpoints, _content(session, position, found))
        if is_best:
            write_pointer(session.checkpoints, BEST, folder)
    except DatahallError as error:
        session.save_error = error
        journal.say(
            f"no checkpoint at step {position.step:,}: {error.message}. The run goes on; the last "
            f"one is of step {session.last_kept_step:,}"
        )
        return
    session.position = position
    prune_checkpoints(session.checkpoints, session.run.train.keep_checkpoints)


def resume(session: Session, found: GoodCheckpoint) -> None:
    """Put the run where a checkpoint left it; raises CorruptError."""
    state = load_state(found.folder)
    raw, average = (load_file(found.folder / name) for name in (RAW_NAME, EMA_NAME))
    session.learner.restore(state["learner"], raw, average)
    session.position = read_position(state)
    best = checkpoint_folder(session.checkpoints, session.position.best_step)
    if is_good(best):  # a kill may have come between the checkpoint and its pointer
        write_pointer(session.checkpoints, BEST, best)
    elif session.position.best_step:
        session.position = dataclasses.replace(
            session.position, best_step=0, best_bleu=-1.0, best_loss=math.inf
        )
        session.journal.say(f"the best checkpoint, {best.name}, is damaged: the next one is chosen")


def read_position(state: Mapping[str, Any]) -> Position:
    """Return the position in a checkpoint's state."""
    return Position(**state["position"])


def _with_best(position: Position, found: Validation | None) -> Position:
    """Return the position, with this step as the best so far where it is."""
    if found is None or not found.is_better_than(position.best_bleu, position.best_loss):
        return position
    return dataclasses.replace(
        position, best_step=position.step, best_bleu=found.bleu, best_loss=found.loss
    )


def _content(session: Session, position: Position, found: Validation | None) -> CheckpointToSave:
    """Return what a checkpoint of the run holds."""
    learner, run = session.learner, session.run
    return CheckpointToSave(
        step=position.step,
        weights=WeightsToSave(
            config=learner.model.config,
            raw=learner.model.state_dict(),
            ema=learner.average.state_dict(),
            vocabulary=session.corpus.vocabulary,
            source=run.source,
            target=run.target,
            preferred=found.preferred if found else EMA_NAME,
        ),
        state={"learner": learner.state(), "position": asdict(position)},
        scores=found.scores if found else {},
        config_digest=session.config_digest,
        created_at=session.clock.now(),
    )
