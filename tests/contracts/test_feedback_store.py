"""What every FeedbackStore promises."""

import dataclasses

import pytest

from core.database import Database
from core.errors import ConflictError, InputError
from core.feedback.memory import MemoryFeedbackStore
from core.feedback.records import Correction
from core.feedback.sql import SqlFeedbackStore
from core.feedback.store import FeedbackStore


@pytest.fixture(params=["memory", "sql"])
def store(request: pytest.FixtureRequest, database: Database) -> FeedbackStore:
    """Each adapter in turn."""
    return MemoryFeedbackStore() if request.param == "memory" else SqlFeedbackStore(database)


def make_correction(number: int, **changes: str) -> Correction:
    """Return a correction with awkward text."""
    correction = Correction(
        id=f"c-{number}",
        time=1_700_000_000.0 + number,
        source_language="en",
        target_language="es",
        source='She said "hi"\tto O\'Brien 🙂',
        hypothesis="Ella dijo",
        correction="Ella saludó a O'Brien 🙂",
        model="en-es:3",
        actor="ana",
    )
    return dataclasses.replace(correction, **changes)


def test_corrections_come_back_newest_first(store: FeedbackStore) -> None:
    """Byte for byte, quotes and emoji included."""
    first, second = make_correction(1), make_correction(2)
    store.add(first)
    store.add(second)
    assert store.list() == [second, first]
    assert store.list(limit=1) == [second]


def test_exported_corrections_are_pending_no_more(store: FeedbackStore) -> None:
    """And carry the dataset version that they went into."""
    for number in range(3):
        store.add(make_correction(number))
    store.mark_exported(["c-0", "c-2"], "d" * 64)
    assert [item.id for item in store.list(pending=True)] == ["c-1"]
    assert {item.id: item.exported_digest for item in store.list()} == {
        "c-0": "d" * 64,
        "c-1": None,
        "c-2": "d" * 64,
    }


def test_marking_thousands_or_none_works(store: FeedbackStore) -> None:
    """Databases limit the number of values in one statement."""
    store.add(make_correction(1))
    store.mark_exported([], "0" * 64)
    assert store.list()[0].exported_digest is None
    store.mark_exported([f"c-{number}" for number in range(1200)], "1" * 64)
    assert store.list()[0].exported_digest == "1" * 64


@pytest.mark.parametrize(
    "changes",
    [
        {"correction": " \n"},
        {"source": ""},
        {"correction": " Ella dijo "},
        {"correction": "a\0b"},
        {"correction": "\ud800"},
        {"source": "x" * 1_000_000},
    ],
    ids=["empty", "no source", "unchanged", "NUL", "half a character", "huge"],
)
def test_a_correction_that_says_nothing_is_refused(
    store: FeedbackStore, changes: dict[str, str]
) -> None:
    """Refused whole: nothing is stored."""
    with pytest.raises(InputError):
        store.add(make_correction(1, **changes))
    assert store.list() == []


def test_a_correction_is_never_overwritten(store: FeedbackStore) -> None:
    """The same id twice keeps the first."""
    store.add(make_correction(1))
    with pytest.raises(ConflictError):
        store.add(make_correction(1, correction="otra cosa"))
    assert store.list() == [make_correction(1)]
