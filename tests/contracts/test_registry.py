"""What every ModelRegistry promises."""

import dataclasses
import threading

import pytest

from core.clock import FixedClock
from core.database import Database
from core.errors import ConflictError, NotFoundError
from core.registry.memory import MemoryModelRegistry
from core.registry.records import ModelVersion
from core.registry.registry import PRODUCTION, ModelRegistry
from core.registry.sql import SqlModelRegistry


@pytest.fixture(params=["memory", "sql"])
def registry(
    request: pytest.FixtureRequest, database: Database, clock: FixedClock
) -> ModelRegistry:
    """Each adapter in turn."""
    if request.param == "memory":
        return MemoryModelRegistry(clock)
    return SqlModelRegistry(database, clock)


def make_version(number: int, name: str = "en-es", created_at: float = 1.0) -> ModelVersion:
    """Return a version with every kind of value in it."""
    return ModelVersion(
        name=name,
        version=number,
        run_id="r-1",
        run_name='night "run" 🌙',
        step=800,
        source="en",
        target="es",
        dataset="demo",
        dataset_digest="d" * 64,
        snapshot=None,
        waiver="no restic here",
        config={"train": {"width": 128}},
        code_version="0.1.0",
        scores={"bleu": 81.5},
        self_test={"identical": 1.0},
        digest="f" * 64,
        created_at=created_at,
    )


def promote(
    registry: ModelRegistry, version: int, *, action: str = "promote", name: str = "en-es"
) -> None:
    """Point production at a version."""
    registry.set_alias(name, PRODUCTION, version, actor="ana", action=action, reason="")


def roll_back(registry: ModelRegistry) -> int:
    """Roll production back as deploy does, and return where it points now."""
    before = registry.previous("en-es", PRODUCTION)
    promote(registry, before, action="rollback")
    return before


def test_a_version_comes_back_as_it_was_registered(registry: ModelRegistry) -> None:
    """Lineage is worth nothing when a part of it is lost on the way."""
    version = make_version(1)
    registry.register(version)
    assert registry.get("en-es", 1) == version
    assert registry.list() == [version]


def test_version_numbers_count_up_per_name(registry: ModelRegistry) -> None:
    """Another direction has numbers of its own."""
    registry.register(make_version(registry.next_version("en-es")))
    registry.register(make_version(registry.next_version("en-es")))
    assert registry.next_version("en-es") == 3
    assert registry.next_version("en-de") == 1


def test_a_number_is_given_once(registry: ModelRegistry) -> None:
    """Two promotions at once must not share a version."""
    registry.register(make_version(1))
    with pytest.raises(ConflictError):
        registry.register(dataclasses.replace(make_version(1), digest="0" * 64))
    assert registry.get("en-es", 1).digest == "f" * 64


def test_what_does_not_exist_is_not_found(registry: ModelRegistry) -> None:
    """An empty registry answers with a sentence, not with a crash."""
    with pytest.raises(NotFoundError):
        registry.get("en-es", 1)
    with pytest.raises(NotFoundError):
        registry.resolve(PRODUCTION)
    with pytest.raises(NotFoundError):
        promote(registry, 7)
    assert registry.history() == []


def test_aliases_are_shown_on_the_version_that_they_point_at(registry: ModelRegistry) -> None:
    """And on no other, once they moved."""
    registry.register(make_version(1, created_at=1.0))
    registry.register(make_version(2, created_at=2.0))
    promote(registry, 1)
    promote(registry, 2)
    registry.set_alias("en-es", "candidate", 2, actor="ana", action="promote", reason="")
    assert [item.aliases for item in registry.list()] == [("candidate", PRODUCTION), ()]
    assert registry.get("en-es", 2).aliases == ("candidate", PRODUCTION)


def test_an_alias_resolves_to_the_newest_move(registry: ModelRegistry) -> None:
    """Without a name, to the model whose alias moved last."""
    registry.register(make_version(1))
    registry.register(make_version(1, name="en-de"))
    promote(registry, 1)
    promote(registry, 1, name="en-de")
    assert registry.resolve(PRODUCTION).name == "en-de"
    assert registry.resolve(PRODUCTION, "en-es").name == "en-es"


def test_history_tells_who_moved_what_and_why(registry: ModelRegistry, clock: FixedClock) -> None:
    """Newest first, each with where the alias pointed before."""
    registry.register(make_version(1))
    registry.register(make_version(2))
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


def test_what_served_at_a_time_has_an_answer(registry: ModelRegistry, clock: FixedClock) -> None:
    """Before the first promotion nothing served."""
    registry.register(make_version(1))
    registry.register(make_version(2))
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


def test_a_clock_set_back_does_not_rewrite_what_serves(
    registry: ModelRegistry, clock: FixedClock
) -> None:
    """The order of moves decides, not their times."""
    registry.register(make_version(1))
    registry.register(make_version(2))
    promote(registry, 1)
    clock.advance(-3600)
    promote(registry, 2)
    event = registry.served_at(clock.now() + 7200, PRODUCTION)
    assert event is not None
    assert event.version == 2
    assert registry.resolve(PRODUCTION).version == 2


def test_rolling_back_twice_goes_back_two_promotions(registry: ModelRegistry) -> None:
    """It must not swing back to the version that was just left."""
    for number in (1, 2, 3):
        registry.register(make_version(number))
        promote(registry, number)
    assert roll_back(registry) == 2
    assert roll_back(registry) == 1
    with pytest.raises(NotFoundError):
        roll_back(registry)


def test_an_undone_roll_back_leaves_no_trace_in_the_way_back(registry: ModelRegistry) -> None:
    """1, 2, back to 1, 2 again: the way back is still 1, once."""
    for number in (1, 2):
        registry.register(make_version(number))
        promote(registry, number)
    roll_back(registry)
    promote(registry, 2)
    assert roll_back(registry) == 1
    with pytest.raises(NotFoundError):
        registry.previous("en-es", PRODUCTION)


def test_promoting_the_same_version_again_is_no_step(registry: ModelRegistry) -> None:
    """The move is recorded, but rolling back goes to the version before."""
    for number in (1, 2, 2):
        if number > len(registry.list()):
            registry.register(make_version(number))
        promote(registry, number)
    assert len(registry.history()) == 3
    assert registry.previous("en-es", PRODUCTION) == 1


def test_concurrent_promotions_keep_every_move(registry: ModelRegistry) -> None:
    """Each move knows the one before it, whoever was first."""
    for number in range(1, 9):
        registry.register(make_version(number))
    threads = [threading.Thread(target=promote, args=(registry, n)) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    moves = registry.history("en-es", PRODUCTION)
    assert sorted(event.version or 0 for event in moves) == list(range(1, 9))
    assert [event.previous for event in moves[:-1]] == [event.version for event in moves[1:]]
