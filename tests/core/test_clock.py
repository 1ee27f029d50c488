"""The clocks."""

import time

from core.clock import SystemClock
from tests.clock import FixedClock


def test_the_system_clock_returns_wall_and_monotonic_time() -> None:
    clock = SystemClock()
    assert abs(clock.now() - time.time()) < 5
    first = clock.monotonic()
    assert clock.monotonic() >= first


def test_a_fixed_clock_changes_only_when_advanced() -> None:
    clock = FixedClock(at=100.0)
    assert (clock.now(), clock.now(), clock.monotonic()) == (100.0, 100.0, 0.0)
    clock.advance(2.5)
    assert (clock.now(), clock.monotonic()) == (102.5, 2.5)
