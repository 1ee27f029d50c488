"""Schedules, tasks with a deadline, and rates of counters."""

import threading

import pytest

from core.clock import SystemClock
from monitors.polling import Cadence, RateMeter, Worker
from tests.clock import FixedClock

TIMEOUT_S = 30.0


def test_a_worker_runs_all_calls_in_one_thread() -> None:
    threads = []
    worker = Worker("w", lambda: threads.append(threading.get_ident()), SystemClock())

    for _ in range(2):
        worker.begin()
        outcome = worker.finish(TIMEOUT_S, oldest_s=TIMEOUT_S)
        assert outcome is not None
        assert outcome.error is None

    worker.stop()
    assert len(set(threads)) == 1


def test_an_error_is_returned_and_the_next_call_may_succeed() -> None:
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
        outcomes.append(worker.finish(TIMEOUT_S, oldest_s=TIMEOUT_S))
    worker.stop()

    assert outcomes[0] is not None
    assert isinstance(outcomes[0].error, ZeroDivisionError)
    assert outcomes[1] is not None
    assert outcomes[1].result == 7


def test_a_slow_task_delays_one_round_and_its_result_is_returned_later() -> None:
    release = threading.Event()
    worker = Worker("w", release.wait, SystemClock())

    worker.begin()
    first = worker.finish(0.05, oldest_s=TIMEOUT_S)
    started = SystemClock().monotonic()
    worker.begin()
    second = worker.finish(TIMEOUT_S, oldest_s=TIMEOUT_S)
    waited_s = SystemClock().monotonic() - started
    release.set()
    third = None
    while third is None:
        worker.begin()
        third = worker.finish(TIMEOUT_S, oldest_s=TIMEOUT_S)
    worker.stop()

    assert first is None
    assert second is None
    assert waited_s < TIMEOUT_S / 2
    assert third.result is True


def test_a_result_that_is_too_old_is_dropped() -> None:
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

    fresh = worker.finish(TIMEOUT_S, oldest_s=10)
    worker.stop()

    assert fresh is not None


def test_a_cadence_tolerates_ticks_that_come_a_little_early(clock: FixedClock) -> None:
    """Six seconds are three ticks of two seconds, also when one comes a millisecond early."""
    cadence = Cadence(clock, 6.0)
    due = []
    for step in (0.0, 2.0, 2.0, 1.999, 2.0):
        clock.advance(step)
        due.append(cadence.is_due())
        if due[-1]:
            cadence.mark_done()

    assert due == [True, False, False, True, False]


def test_is_due_does_not_change_a_cadence(clock: FixedClock) -> None:
    cadence = Cadence(clock, 6.0)

    assert [cadence.is_due() for _ in range(3)] == [True, True, True]
    cadence.mark_done()
    assert [cadence.is_due() for _ in range(3)] == [False, False, False]


def test_a_rate_meter_compares_devices_that_both_readings_have(clock: FixedClock) -> None:
    """Without time between two readings there is no rate."""
    meter: RateMeter[str, int] = RateMeter(clock)
    assert list(meter.changes({"a": 1, "b": 5})) == []
    assert list(meter.changes({"a": 1, "b": 5})) == []
    clock.advance(2)

    (change,) = meter.changes({"a": 7, "c": 1})

    assert change.key == "a"
    assert change.rate(change.before, change.after) == pytest.approx(3.0)
    assert change.rate(change.after, change.before) is None
