"""The stop flag, which a signal handler sets."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from core.process.stop_flag import StopFlag

NUMBERS = (signal.SIGTERM, signal.SIGINT)


@pytest.fixture
def flag() -> Iterator[StopFlag]:
    """A flag that listens; the handlers from before are put back."""
    before = [signal.getsignal(number) for number in NUMBERS]
    flag = StopFlag()
    flag.listen()
    yield flag
    for number, handler in zip(NUMBERS, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_sets_the_flag(flag: StopFlag, number: signal.Signals) -> None:
    assert not flag.is_set()
    signal.raise_signal(number)
    assert flag.is_set()
    assert flag.signal == number


def test_a_signal_ends_a_wait_that_it_interrupts(flag: StopFlag) -> None:
    """The handler runs in the waiting thread, where taking a lock would deadlock."""
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM))
    started = time.monotonic()
    timer.start()
    assert flag.wait(60)
    assert time.monotonic() - started < 30


def test_a_wait_ends_without_a_request() -> None:
    flag = StopFlag()
    assert not flag.wait(0)
    assert not flag.wait(0.05)
    flag.set()
    assert flag.wait(60)
