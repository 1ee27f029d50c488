"""The training loop: update, tell, validate, checkpoint; stop between two updates when asked."""

import dataclasses

from core.model.batch import collate
from core.training.corpus import Order
from core.training.learner import DivergedError
from core.training.session import Session, keep
from core.training.validation import Validation, validate


def train(session: Session) -> bool:
    """Make the updates that are left; return False when asked to stop before the last.

    Raises DivergedError when the loss is no number any more; the checkpoints are from before.
    """
    config, journal = session.run.train, session.journal
    order = Order(session.corpus, config.batch_tokens, config.seed)
    journal.begin("training", "steps", session.position.step, session.position.steps)
    while session.position.step < session.position.steps:
        _make_update(session, order)
        step, is_last = session.position.step, session.position.step == session.position.steps
        journal.advance(step)
        found = None
        if (is_last or step % config.validate_every == 0) and session.corpus.valid.sources:
            found = _validate(session)
        is_stopping = session.should_stop()
        if found or is_last or is_stopping or step % config.checkpoint_every == 0:
            keep(session, found)
        if is_stopping and not is_last:
            journal.say(f"stopped at step {step:,} as asked; the run can be resumed")
            return False
    return True


def _make_update(session: Session, order: Order) -> None:
    """Make one update on the batch whose turn it is, and tell about it."""
    position = session.position
    batches = order.batches(position.epoch)
    started = session.clock.monotonic()
    batch = collate(session.corpus.train, batches[position.batch], session.learner.device)
    try:
        update = session.learner.update(batch, position.step + 1, position.steps)
    except DivergedError as error:
        session.journal.flush()
        error.message += f"; the last good checkpoint is of step {session.last_kept_step:,}"
        raise
    seconds = session.clock.monotonic() - started
    is_epoch_over = position.batch + 1 == len(batches)
    session.position = dataclasses.replace(
        position,
        step=position.step + 1,
        epoch=position.epoch + 1 if is_epoch_over else position.epoch,
        batch=0 if is_epoch_over else position.batch + 1,
        seconds=position.seconds + seconds,
    )
    values = {
        "train_loss": update.loss,
        "learning_rate": update.learning_rate,
        "gradient_norm": update.gradient_norm,
        "tokens_per_second": update.num_tokens / max(seconds, 1e-9),
        "step_seconds": seconds,
    }
    session.journal.record(session.position.step, values)
    session.journal.describe(session.position.step, values)


def _validate(session: Session) -> Validation:
    """Score the run as it stands, and tell about it."""
    step = session.position.step
    found = validate(session.learner, session.corpus, step)
    session.journal.record(step, found.scores)
    session.journal.keep_samples(found.samples)
    first = found.samples[0]
    session.journal.say(
        f"step {step:,} valid: loss {found.loss:.4f}, BLEU {found.bleu:.1f}, "
        f"{first.source!r} -> {first.hypothesis!r}"
    )
    return found
