"""Corrections are checked, stored and marked as exported."""

import dataclasses

import pytest

from core.database import Database
from core.errors import ConflictError, InputError
from core.feedback.store import Correction, FeedbackStore


@pytest.fixture
def store(database: Database) -> FeedbackStore:
    return FeedbackStore(database)


def make_correction(number: int, **changes: str) -> Correction:
    """Return a correction with quotes, a tab and an emoji."""
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
    first, second = make_correction(1), make_correction(2)
    store.add(first)
    store.add(second)
    assert store.list() == [second, first]
    assert store.list(limit=1) == [second]


def test_exported_corrections_are_no_longer_pending(store: FeedbackStore) -> None:
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
def test_an_unusable_correction_is_refused(store: FeedbackStore, changes: dict[str, str]) -> None:
    with pytest.raises(InputError):
        store.add(make_correction(1, **changes))
    assert store.list() == []


def test_a_second_correction_with_the_same_id_is_refused(store: FeedbackStore) -> None:
    store.add(make_correction(1))
    with pytest.raises(ConflictError):
        store.add(make_correction(1, correction="otra cosa"))
    assert store.list() == [make_correction(1)]
