"""The model registry: versions, alias moves, roll back."""

import dataclasses
import threading

import pytest

from core.database import Database
from core.errors import ConflictError, NotFoundError
from core.registry.records import (
    PRODUCTION,
    AliasAction,
    SelfTest,
    SelfTestVerdict,
)
from core.registry.registry import ModelRegistry
from tests.clock import FixedClock
from tests.core.registry.records import SELF_TEST, model_version


@pytest.fixture
def registry(database: Database, clock: FixedClock) -> ModelRegistry:
    return ModelRegistry(database, clock)


def promote(
    registry: ModelRegistry,
    version: int,
    *,
    action: AliasAction = AliasAction.PROMOTE,
    name: str = "en-es",
) -> None:
    """Point production at a version."""
    registry.set_alias(name, PRODUCTION, version, actor="ana", action=action, reason="")


def roll_back(registry: ModelRegistry) -> int:
    """Roll production back one step and return its new version."""
    before = registry.previous("en-es", PRODUCTION)
    promote(registry, before, action=AliasAction.ROLLBACK)
    return before


def test_a_version_comes_back_as_it_was_registered(registry: ModelRegistry) -> None:
    version = model_version(1)
    registry.register(version)
    assert registry.get("en-es", 1) == version
    assert registry.list() == [version]


@pytest.mark.parametrize(
    "document", [{}, {"passed": True}, {**SELF_TEST.to_document(), "segments": None}]
)
def test_an_incomplete_self_test_is_missing(document: dict[str, object]) -> None:
    assert SelfTest.from_document(document) is None


def test_a_self_test_without_a_verdict_is_not_passed() -> None:
    document = SELF_TEST.to_document()
    del document["passed"]
    found = SelfTest.from_document(document)
    assert found is not None
    assert found.verdict is SelfTestVerdict.UNKNOWN
    assert found.to_document() == document


def test_the_self_test_survives_the_database(registry: ModelRegistry, database: Database) -> None:
    for number, self_test in enumerate(
        [None, SELF_TEST, dataclasses.replace(SELF_TEST, verdict=SelfTestVerdict.FAILED)], 1
    ):
        registry.register(dataclasses.replace(model_version(number), self_test=self_test))
        assert ModelRegistry(database, registry.clock).get("en-es", number).self_test == self_test


def test_version_numbers_count_up_per_name(registry: ModelRegistry) -> None:
    registry.register(model_version(registry.next_version("en-es")))
    registry.register(model_version(registry.next_version("en-es")))
    assert registry.next_version("en-es") == 3
    assert registry.next_version("en-de") == 1


def test_a_registered_number_is_refused(registry: ModelRegistry) -> None:
    registry.register(model_version(1))
    with pytest.raises(ConflictError):
        registry.register(dataclasses.replace(model_version(1), digest="0" * 64))
    assert registry.get("en-es", 1).digest == "f" * 64


def test_a_missing_version_or_alias_raises_not_found(registry: ModelRegistry) -> None:
    with pytest.raises(NotFoundError):
        registry.get("en-es", 1)
    with pytest.raises(NotFoundError):
        registry.resolve(PRODUCTION)
    with pytest.raises(NotFoundError):
        promote(registry, 7)
    assert registry.history() == []


def test_aliases_are_shown_on_the_version_that_they_point_at(registry: ModelRegistry) -> None:
    registry.register(model_version(1, created_at=1.0))
    registry.register(model_version(2, created_at=2.0))
    promote(registry, 1)
    promote(registry, 2)
    registry.set_alias("en-es", "candidate", 2, actor="ana", action="promote", reason="")
    assert [item.aliases for item in registry.list()] == [("candidate", PRODUCTION), ()]
    assert registry.get("en-es", 2).aliases == ("candidate", PRODUCTION)


def test_an_alias_resolves_to_the_newest_move(registry: ModelRegistry) -> None:
    registry.register(model_version(1))
    registry.register(model_version(1, name="en-de"))
    promote(registry, 1)
    promote(registry, 1, name="en-de")
    assert registry.resolve(PRODUCTION).name == "en-de"
    assert registry.resolve(PRODUCTION, "en-es").name == "en-es"


def test_the_history_holds_actor_action_and_reason(
    registry: ModelRegistry, clock: FixedClock
) -> None:
    registry.register(model_version(1))
    registry.register(model_version(2))
    promote(registry, 1)
    clock.advance(10)
    registry.set_alias(
        "en-es", PRODUCTION, 2, actor="bo; drop table", action="promote", reason="better\n🙂"
    )
    newest, oldest = registry.history("en-es", PRODUCTION)
    assert (newest.previous, newest.version, newest.actor) == (1, 2, "bo; drop table")
    assert newest.reason == "better\n🙂"
    assert (oldest.previous, oldest.version) == (None, 1)
    assert newest.time == oldest.time + 10
    assert registry.history("en-de") == []


def test_served_at_returns_the_move_in_force(registry: ModelRegistry, clock: FixedClock) -> None:
    registry.register(model_version(1))
    registry.register(model_version(2))
    start = clock.now()
    clock.advance(100)
    promote(registry, 1)
    clock.advance(100)
    promote(registry, 2)
    assert registry.served_at(start + 99, PRODUCTION) is None
    for moment, version in ((100, 1), (199, 1), (200, 2), (9999, 2)):
        event = registry.served_at(start + moment, PRODUCTION)
        assert event is not None
        assert event.version == version


def test_a_clock_set_back_does_not_change_what_serves(
    registry: ModelRegistry, clock: FixedClock
) -> None:
    registry.register(model_version(1))
    registry.register(model_version(2))
    promote(registry, 1)
    clock.advance(-3600)
    promote(registry, 2)
    event = registry.served_at(clock.now() + 7200, PRODUCTION)
    assert event is not None
    assert event.version == 2
    assert registry.resolve(PRODUCTION).version == 2


def test_two_roll_backs_undo_two_promotions(registry: ModelRegistry) -> None:
    for number in (1, 2, 3):
        registry.register(model_version(number))
        promote(registry, number)
    assert roll_back(registry) == 2
    assert roll_back(registry) == 1
    with pytest.raises(NotFoundError):
        roll_back(registry)


def test_a_roll_back_that_was_undone_does_not_count(registry: ModelRegistry) -> None:
    for number in (1, 2):
        registry.register(model_version(number))
        promote(registry, number)
    roll_back(registry)
    promote(registry, 2)
    assert roll_back(registry) == 1
    with pytest.raises(NotFoundError):
        registry.previous("en-es", PRODUCTION)


def test_promoting_the_same_version_again_adds_no_step_to_roll_back(
    registry: ModelRegistry,
) -> None:
    for number in (1, 2, 2):
        if number > len(registry.list()):
            registry.register(model_version(number))
        promote(registry, number)
    assert len(registry.history()) == 3
    assert registry.previous("en-es", PRODUCTION) == 1


def test_concurrent_promotions_record_every_move(registry: ModelRegistry) -> None:
    for number in range(1, 9):
        registry.register(model_version(number))
    threads = [threading.Thread(target=promote, args=(registry, n)) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    moves = registry.history("en-es", PRODUCTION)
    assert sorted(event.version or 0 for event in moves) == list(range(1, 9))
    assert [event.previous for event in moves[:-1]] == [event.version for event in moves[1:]]
