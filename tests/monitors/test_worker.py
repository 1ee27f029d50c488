"""Threads with deadlines: what is slow is not waited for, and not lost."""

import threading

import pytest

from core.clock import FixedClock, SystemClock
from monitors.cadence import Cadence
from monitors.host.meter import Meter
from monitors.worker import Worker

PATIENCE_S = 30.0


def test_a_result_is_returned_and_the_thread_is_used_again() -> None:
    """One thread per device, not one per question."""
    threads = []
    worker = Worker("w", lambda: threads.append(threading.get_ident()), SystemClock())

    for _ in range(2):
        worker.begin()
        outcome = worker.finish(PATIENCE_S, oldest_s=PATIENCE_S)
        assert outcome is not None
        assert outcome.error is None

    worker.stop()
    assert len(set(threads)) == 1


def test_an_error_is_returned_and_the_next_call_may_succeed() -> None:
    """The thread survives whatever its task does."""
    answers = [ZeroDivisionError("once"), None]

    def task() -> int:
        error = answers.pop(0)
        if error:
            raise error
        return 7

    worker = Worker("w", task, SystemClock())
    outcomes = []
    for _ in range(2):
        worker.begin()
        outcomes.append(worker.finish(PATIENCE_S, oldest_s=PATIENCE_S))
    worker.stop()

    assert outcomes[0] is not None
    assert isinstance(outcomes[0].error, ZeroDivisionError)
    assert outcomes[1] is not None
    assert outcomes[1].result == 7


def test_what_hangs_is_waited_for_once_and_its_answer_is_not_lost() -> None:
    """A GPU that needs four seconds still gives numbers, a little late."""
    release = threading.Event()
    worker = Worker("w", release.wait, SystemClock())

    worker.begin()
    first = worker.finish(0.05, oldest_s=PATIENCE_S)
    started = SystemClock().monotonic()
    worker.begin()
    second = worker.finish(PATIENCE_S, oldest_s=PATIENCE_S)
    waited_s = SystemClock().monotonic() - started
    release.set()
    third = None
    while third is None:
        worker.begin()
        third = worker.finish(PATIENCE_S, oldest_s=PATIENCE_S)
    worker.stop()

    assert first is None
    assert second is None
    assert waited_s < PATIENCE_S / 2
    assert third.result is True


def test_an_answer_that_is_too_old_is_thrown_away() -> None:
    """What a device said before it hung for a minute is not news."""
    release = threading.Event()
    clock = FixedClock()
    worker = Worker("w", release.wait, clock)
    worker.begin()
    assert worker.finish(0.01, oldest_s=10) is None
    assert worker.busy_s == 0
    clock.advance(60)
    assert worker.busy_s == 60
    release.set()
    while worker.is_busy:
        worker.begin()
        assert worker.finish(100, oldest_s=10) is None
    worker.begin()

    fresh = worker.finish(PATIENCE_S, oldest_s=10)
    worker.stop()

    assert fresh is not None


def test_a_cadence_is_due_at_once_and_does_not_miss_its_tick_by_a_hair(clock: FixedClock) -> None:
    """Ticks come a millisecond early or late; six seconds are three ticks of two."""
    cadence = Cadence(clock, 6.0)
    due = []
    for step in (0.0, 2.0, 2.0, 1.999, 2.0):
        clock.advance(step)
        due.append(cadence.is_due())

    assert due == [True, False, False, True, False]


def test_a_meter_compares_what_was_there_both_times(clock: FixedClock) -> None:
    """Devices come and go; in no time nothing changes."""
    meter: Meter[str, int] = Meter(clock)
    assert list(meter.changes({"a": 1, "b": 5})) == []
    assert list(meter.changes({"a": 1, "b": 5})) == []
    clock.advance(2)

    (change,) = meter.changes({"a": 7, "c": 1})

    assert change.device == "a"
    assert change.rate(change.before, change.after) == pytest.approx(3.0)
    assert change.rate(change.after, change.before) is None
