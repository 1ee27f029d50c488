"""Numbers read as people say them, and what is absent is never 0."""

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.viewmodels import units


@pytest.mark.parametrize(
    ("num_bytes", "text"),
    [(None, "—"), (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (47_123_456_789, "47.1 GB")],
)
def test_sizes_are_decimal(num_bytes: float | None, text: str) -> None:
    """Disks and networks are sold in powers of ten."""
    assert units.size(num_bytes) == text


def test_rates_name_what_is_counted() -> None:
    """Tokens and bytes share one function."""
    assert units.rate(246_000_000) == "246 MB/s"
    assert units.rate(3214, "tok") == "3.2 ktok/s"
    assert units.rate(None) == "—"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        (0.0, "0.00"),
        (2.913, "2.91"),
        (0.00412, "0.00412"),
        (1e-7, "1.00e-07"),
        (83.456, "83.5"),
        (12345.0, "12,345"),
        (float("nan"), "not a number"),
        (float("inf"), "∞"),
    ],
)
def test_numbers_keep_three_digits(value: float | None, text: str) -> None:
    """A loss, a learning rate and a diverged loss are all readable."""
    assert units.number(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "—"),
        (-3, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (75, "1 min 15 s"),
        (4320, "1 h 12 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_durations_have_two_units(seconds: float | None, text: str) -> None:
    """More units than two are noise."""
    assert units.duration(seconds) == text


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (None, "never"),
        (1000.0, "now"),
        (1500.0, "now"),
        (988.0, "12 s ago"),
        (1000.0 - 3 * 86_400, "3 d ago"),
    ],
)
def test_ages_are_words(at: float | None, text: str) -> None:
    """A clock set back shows no negative age."""
    assert units.age(at, 1000.0) == text


def test_times_are_of_the_viewer() -> None:
    """The zone is passed in, so that a page shows the browser's time."""
    assert units.moment(0.0, UTC) == "1970-01-01 00:00:00"
    assert units.moment(None, UTC) == "—"


def test_counts_agree_with_their_noun() -> None:
    """One file, two files."""
    assert units.counted(1, "file") == "1 file"
    assert units.counted(30_412, "entry", "entries") == "30,412 entries"
    assert units.count(30_412) == "30,412"
    assert units.count(None) == "—"


def test_ids_are_cut() -> None:
    """Eight characters tell ids apart."""
    assert units.short("0123456789abcdef") == "01234567"
    assert units.short(None) == "—"


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_every_number_can_be_shown(value: float) -> None:
    """No reading, however odd, may break a page."""
    shown = [units.number(value), units.size(value), units.duration(value), units.quantity(value)]
    assert all(shown)
