"""The training loop: update, record, validate, save a checkpoint, stop on request."""

import dataclasses
import math
from collections.abc import Mapping
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
    save_checkpoint,
)
from core.clock import Clock
from core.errors import DatahallError
from core.files import canonical_json, digest_text
from core.model.batch import collate
from core.process.progress import Progress
from core.process.stop_flag import StopFlag
from core.scores import Metric, Scores
from core.training.config import TrainConfig
from core.training.corpus import BatchOrder, Corpus
from core.training.metric_log import MetricLog
from core.training.update import DivergedError, Learner, Update
from core.training.validation import Validation, validate


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The position of a run; part of every checkpoint.

    Attributes:
        steps: planned number of updates; 0 until it is measured.
        threads: number of CPU threads, the same in every attempt, because sums depend on it.
        step: updates done.
        epoch: current epoch.
        batch: next batch within the epoch.
        seconds: time spent in updates.
        best_step: step of the best checkpoint, 0 if none.
        best_bleu: validation BLEU at that step.
        best_loss: validation loss at that step.
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

    def after_update(self, num_batches: int, seconds: float) -> "Position":
        """Return the position after one more update, of an epoch of `num_batches`."""
        is_epoch_over = self.batch + 1 == num_batches
        return dataclasses.replace(
            self,
            step=self.step + 1,
            epoch=self.epoch + 1 if is_epoch_over else self.epoch,
            batch=0 if is_epoch_over else self.batch + 1,
            seconds=self.seconds + seconds,
        )

    def after_validation(self, found: Validation) -> "Position":
        """Return the position with this step as the best one, if it is."""
        if not found.is_better_than(self.best_bleu, self.best_loss):
            return self
        return dataclasses.replace(
            self, best_step=self.step, best_bleu=found.bleu, best_loss=found.loss
        )

    def without_best(self) -> "Position":
        """Return the position as if no checkpoint had been validated."""
        return dataclasses.replace(self, best_step=0, best_bleu=-1.0, best_loss=math.inf)


@dataclass(slots=True, kw_only=True)
class Trainer:
    """Trains one run in this process; `save_error` is the error of the last failed checkpoint."""

    config: TrainConfig
    corpus: Corpus
    learner: Learner
    position: Position
    checkpoints: Path
    log: MetricLog
    progress: Progress
    stop: StopFlag
    clock: Clock
    save_error: DatahallError | None = None

    def train(self) -> bool:
        """Make the remaining updates; return False if stopped on request before the last one.

        Raises DivergedError; the checkpoints are from before.
        """
        config, order = self.config, BatchOrder(self.corpus, self.config)
        self.progress.begin(
            "training", total=self.position.steps, unit="steps", done=self.position.step
        )
        while self.position.step < self.position.steps:
            self._update(order)
            step = self.position.step
            is_last = step == self.position.steps
            found = None
            if (is_last or step % config.validate_every == 0) and self.corpus.valid.sources:
                found = self._validate()
            is_stopping = self.stop.is_set()
            if found or is_last or is_stopping or step % config.checkpoint_every == 0:
                self._save(found)
            if is_stopping and not is_last:
                self.log.write_line(f"stopped on request at step {step:,}; the run can be resumed")
                return False
        return True

    def resume(self, checkpoint: GoodCheckpoint, state: Mapping[str, Any]) -> None:
        """Continue from a checkpoint and its state."""
        raw, average = (load_file(checkpoint.folder / name) for name in (RAW_NAME, EMA_NAME))
        self.learner.restore(state["learner"], raw, average)
        self.position = position_of(state)
        if not self.position.best_step:
            return
        best = checkpoint_folder(self.checkpoints, self.position.best_step)
        if is_good(best):  # the process may have been killed before it wrote the pointer
            write_pointer(self.checkpoints, BEST, best)
        else:
            self.log.write_line(f"the best checkpoint, {best.name}, is damaged; choosing a new one")
            self.position = self.position.without_best()

    def _update(self, order: BatchOrder) -> None:
        """Make one update on the next batch and record its figures."""
        position, batches = self.position, order.batches(self.position.epoch)
        started = self.clock.monotonic()
        batch = collate(self.corpus.train, batches[position.batch], self.learner.device)
        try:
            update = self.learner.update(batch, position.step + 1, position.steps)
        except DivergedError as error:
            self.log.flush()
            raise DivergedError(
                f"{error.message}; the last good checkpoint is of step {self._saved_step:,}",
                remedy=error.remedy,
            ) from error
        seconds = self.clock.monotonic() - started
        self.position = position.after_update(len(batches), seconds)
        self._record(update, seconds)

    def _record(self, update: Update, seconds: float) -> None:
        """Record the figures of an update that took `seconds`."""
        step = self.position.step
        values: dict[str, float] = {
            Metric.TRAIN_LOSS: update.loss,
            Metric.LEARNING_RATE: update.learning_rate,
            Metric.GRADIENT_NORM: update.gradient_norm,
            Metric.TOKENS_PER_SECOND: update.num_tokens / max(seconds, 1e-9),
            Metric.STEP_SECONDS: seconds,
        }
        self.log.record(step, values)
        self.log.describe(step, self.position.steps, values, self.progress.rate(step))
        self.progress.update(step)

    def _validate(self) -> Validation:
        """Score the weights on the validation split and record the scores."""
        step = self.position.step
        found = validate(self.learner, self.corpus, step)
        self.log.record(step, found.metrics)
        self.log.record_samples(found.samples)
        first = found.samples[0]
        self.log.write_line(
            f"step {step:,} valid: loss {found.loss:.4f}, BLEU {found.bleu:.1f}, "
            f"{first.source!r} -> {first.hypothesis!r}"
        )
        return found

    def _save(self, found: Validation | None) -> None:
        """Write a checkpoint, update the pointers, remove old checkpoints.

        The metrics up to here are stored first, so that a resumed curve has no gap. If either
        fails (disk full), training continues and the log names the cause.
        """
        step = self.position.step
        position = self.position if found is None else self.position.after_validation(found)
        is_best = position.best_step == step or not self.corpus.valid.sources
        if not self.log.flush():
            self.log.write_line(f"no checkpoint at step {step:,}: its metrics are not stored yet")
            return
        try:
            folder = save_checkpoint(self.checkpoints, self._content(position, found))
            if is_best:
                write_pointer(self.checkpoints, BEST, folder)
        except DatahallError as error:
            self.save_error = error
            self.log.write_line(
                f"no checkpoint at step {step:,}: {error.message}. Training continues; "
                f"the last checkpoint is of step {self._saved_step:,}"
            )
            return
        self.position = position
        prune_checkpoints(self.checkpoints, self.config.keep_checkpoints)

    @property
    def _saved_step(self) -> int:
        """Step of the newest checkpoint, 0 if there is none."""
        return newest_step(self.checkpoints)

    def _content(self, position: Position, found: Validation | None) -> CheckpointToSave:
        """Return the content of a checkpoint."""
        learner, dataset = self.learner, self.corpus.dataset
        return CheckpointToSave(
            step=position.step,
            weights=WeightsToSave(
                config=learner.model.config,
                raw=learner.model.state_dict(),
                ema=learner.average.state_dict(),
                vocabulary=self.corpus.vocabulary,
                source=dataset.source,
                target=dataset.target,
                preferred=found.preferred if found else EMA_NAME,
            ),
            state={"learner": learner.state(), "position": asdict(position)},
            scores=found.scores if found else Scores(),
            config_digest=digest_text(canonical_json(asdict(self.config))),
            created_at=self.clock.now(),
        )


def position_of(state: Mapping[str, Any]) -> Position:
    """Return the position in a checkpoint's state."""
    return Position(**state["position"])
