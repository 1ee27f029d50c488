"""Time, passed in."""

import time

from core.clock import FixedClock, SystemClock


def test_the_system_clock_tells_the_time() -> None:
    """Both kinds of it."""
    clock = SystemClock()
    assert abs(clock.now() - time.time()) < 5
    first = clock.monotonic()
    assert clock.monotonic() >= first


def test_a_fixed_clock_stands_until_it_is_moved() -> None:
    """Both kinds move together."""
    clock = FixedClock(at=100.0)
    assert (clock.now(), clock.now(), clock.monotonic()) == (100.0, 100.0, 0.0)
    clock.advance(2.5)
    assert (clock.now(), clock.monotonic()) == (102.5, 2.5)
