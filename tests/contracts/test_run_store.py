"""What every RunStore promises."""

import math
import os
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from core.clock import FixedClock
from core.database import Database, open_database
from core.errors import ConflictError, InputError, NotFoundError
from core.runs.memory import MemoryRunStore
from core.runs.records import MetricPoint, RunSpec, TranslationSample
from core.runs.sql import SqlRunStore
from core.runs.store import RunStore
from core.tables import metadata

POSTGRESQL = os.environ.get("DATAHALL_TEST_POSTGRESQL", "")
ADAPTERS = ("memory", "sqlite", *(("postgresql",) if POSTGRESQL else ()))


@pytest.fixture(params=ADAPTERS)
def store(
    request: pytest.FixtureRequest, database: Database, clock: FixedClock
) -> Iterator[RunStore]:
    """Each adapter in turn; PostgreSQL where a URL is given."""
    if request.param == "memory":
        yield MemoryRunStore(clock)
    elif request.param == "sqlite":
        yield SqlRunStore(database, clock)
    else:
        opened = open_database(POSTGRESQL)
        with opened.write() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(sa.delete(table))
        yield SqlRunStore(opened, clock)
        opened.close()


def make_spec(name: str = "demo-1", **changes: object) -> RunSpec:
    """Return a spec with every kind of value in it."""
    values: dict[str, object] = {
        "name": name,
        "dataset": "demo",
        "dataset_digest": "d" * 64,
        "preset": "demo",
        "device": "cpu",
        "config": {"train": {"width": 128, "learning_rate": 3e-3, "note": "¿quotes' \"?\n"}},
        "code_version": "0.1.0",
    }
    return RunSpec(**(values | changes))  # type: ignore[arg-type]  # one dict of mixed values


def curve(metric: str, values: list[float], start: int = 0) -> list[MetricPoint]:
    """Return points at steps start, start + 1, ..."""
    return [
        MetricPoint(metric=metric, step=start + index, value=value, wall_time=1e9 + index / 3)
        for index, value in enumerate(values)
    ]


def sample(step: int, position: int, split: str = "valid", text: str = "Hola") -> TranslationSample:
    """Return one translated segment."""
    return TranslationSample(
        split=split, step=step, position=position, source="Hi", hypothesis=text, reference="Hola"
    )


def test_a_created_run_is_found_by_id_and_by_name(store: RunStore) -> None:
    """Every command takes either."""
    created = store.create("a1", make_spec("night run"))
    assert store.get("a1") == created
    assert store.get("night run") == created


def test_an_id_wins_over_a_name(store: RunStore) -> None:
    """A run may be named as another is numbered; ids are what programs hold."""
    store.create("a1", make_spec("one"))
    store.create("b2", make_spec("a1"))
    assert store.get("a1").spec.name == "one"


def test_a_spec_comes_back_as_it_was_given(store: RunStore) -> None:
    """Config, snapshot, waiver and parent are the lineage of every model made from the run."""
    spec = make_spec(snapshot="s1", waiver="no restic, 'sorry' 🌙", parent="p0")
    store.create("a1", spec)
    assert store.get("a1").spec == spec


def test_runs_are_listed_newest_first(store: RunStore) -> None:
    """Also when the clock stands still."""
    for number in range(3):
        store.create(f"r{number}", make_spec(f"run-{number}"))
    assert [run.id for run in store.list()] == ["r2", "r1", "r0"]


def test_a_taken_name_is_refused_and_nothing_is_lost(store: RunStore) -> None:
    """Names are how people call runs."""
    first = store.create("a1", make_spec("same"))
    with pytest.raises(ConflictError, match="same"):
        store.create("b2", make_spec("same"))
    assert store.list() == [first]


@pytest.mark.parametrize("name", ["", "  ", "nul\x00", "half \ud83d pair"])
def test_a_name_that_cannot_be_stored_is_refused(store: RunStore, name: str) -> None:
    """PostgreSQL takes no NUL and no database takes half a surrogate pair."""
    with pytest.raises(InputError):
        store.create("a1", make_spec(name))
    assert store.list() == []


@pytest.mark.parametrize("name", ["'; drop table run; --", "a\nb", "../up", "🌙" * 50, "%s {x}"])
def test_awkward_names_are_names(store: RunStore, name: str) -> None:
    """What a name may be is decided where it is asked for, not here."""
    store.create("a1", make_spec(name))
    assert store.get(name).id == "a1"


def test_a_missing_run_names_the_close_ones(store: RunStore) -> None:
    """A typing error is the usual reason."""
    store.create("a1", make_spec("demo-tiny-1"))
    with pytest.raises(NotFoundError, match="demo-tiny-1"):
        store.get("demo-tinny-1")


@pytest.mark.parametrize(
    "act",
    [
        lambda store: store.plan("zz", 3),
        lambda store: store.protect("zz", "s1"),
        lambda store: store.begin_attempt("zz", "j1", 0),
        lambda store: store.log("zz", curve("loss", [1.0])),
        lambda store: store.log_samples("zz", [sample(1, 0)]),
        lambda store: store.finish("zz", {}, None),
        lambda store: store.delete("zz"),
    ],
)
def test_nothing_is_written_on_a_run_that_is_not_there(
    store: RunStore, act: Callable[[RunStore], object]
) -> None:
    """A deleted run's last process must not bring half of it back."""
    with pytest.raises(NotFoundError):
        act(store)


def test_plan_protection_and_scores_are_noted(store: RunStore) -> None:
    """They become known while the run goes on."""
    store.create("a1", make_spec())
    store.plan("a1", 800)
    store.protect("a1", "snap")
    store.finish("a1", {"bleu": 81.25, "signatures": {"bleu": "nrefs:1"}}, 1234.5)
    run = store.get("a1")
    assert (run.steps, run.spec.snapshot, run.energy_joules) == (800, "snap", 1234.5)
    assert run.scores == {"bleu": 81.25, "signatures": {"bleu": "nrefs:1"}}


def test_energy_that_was_not_measured_is_absent(store: RunStore) -> None:
    """Absent, not 0."""
    store.create("a1", make_spec())
    store.finish("a1", {}, None)
    assert store.get("a1").energy_joules is None


def test_points_come_back_by_step_with_every_digit(store: RunStore) -> None:
    """Resumed curves are compared bit by bit."""
    store.create("a1", make_spec())
    points = curve("loss", [0.1 + 0.2, 1e-300, -1.5, math.pi, math.inf])
    store.log("a1", list(reversed(points)))
    assert list(store.series("a1", "loss")) == points


def test_a_loss_that_is_not_a_number_is_kept(store: RunStore) -> None:
    """A diverged run must show that it diverged."""
    store.create("a1", make_spec())
    store.log("a1", curve("loss", [1.0, math.nan]))
    assert [math.isnan(point.value) for point in store.series("a1", "loss")] == [False, True]
    assert math.isnan(store.latest("a1")["loss"].value)


def test_logging_a_step_again_replaces_it(store: RunStore) -> None:
    """A step has one value."""
    store.create("a1", make_spec())
    store.log("a1", curve("loss", [3.0, 2.0]))
    store.log("a1", curve("loss", [9.0], start=1))
    assert [point.value for point in store.series("a1", "loss")] == [3.0, 9.0]


def test_logging_nothing_is_allowed(store: RunStore) -> None:
    """A flush with an empty buffer."""
    store.create("a1", make_spec())
    store.log("a1", [])
    store.log_samples("a1", [])
    assert store.metrics("a1") == []
    assert store.latest("a1") == {}


def test_a_new_attempt_removes_what_lies_beyond_its_checkpoint(store: RunStore) -> None:
    """The resumed curve holds no step twice and none that the weights do not know."""
    store.create("a1", make_spec())
    first = store.begin_attempt("a1", "job-1", 0)
    store.log("a1", curve("loss", [float(step) for step in range(1, 101)], start=1))
    store.log("a1", curve("valid_loss", [5.0], start=90))
    store.log_samples("a1", [sample(80, 0), sample(90, 0)])
    second = store.begin_attempt("a1", "job-2", 80)
    assert store.series("a1", "loss")[-1].step == 80
    assert store.metrics("a1") == ["loss"]
    assert [entry.step for entry in store.samples("a1", "valid")] == [80]
    store.log("a1", curve("loss", [0.5] * 40, start=81))
    assert [point.step for point in store.series("a1", "loss")] == list(range(1, 121))
    assert list(store.attempts("a1")) == [first, second]
    assert (second.number, second.job_id, second.from_step) == (2, "job-2", 80)


def test_an_attempt_touches_no_other_run(store: RunStore) -> None:
    """Runs share tables."""
    for name in ("a1", "b2"):
        store.create(name, make_spec(name))
        store.log(name, curve("loss", [1.0, 2.0]))
    store.begin_attempt("a1", "job", 0)
    assert len(store.series("a1", "loss")) == 1
    assert len(store.series("b2", "loss")) == 2


def test_the_newest_point_of_every_metric(store: RunStore) -> None:
    """What cards and tables show."""
    store.create("a1", make_spec())
    store.log(
        "a1", [*curve("loss", [3.0, 2.0, 1.0]), *curve("valid bleu", [7.0]), *curve("Ä", [1])]
    )
    newest = store.latest("a1")
    assert {name: (point.step, point.value) for name, point in newest.items()} == {
        "loss": (2, 1.0),
        "valid bleu": (0, 7.0),
        "Ä": (0, 1.0),
    }
    assert sorted(store.metrics("a1")) == sorted(newest)


def test_points_after_a_step_are_the_new_ones(store: RunStore) -> None:
    """A live chart asks for what it has not drawn yet."""
    store.create("a1", make_spec())
    store.log("a1", curve("loss", [5.0, 4.0, 3.0]))
    assert [point.step for point in store.series("a1", "loss", after_step=1)] == [2]
    assert list(store.series("a1", "loss", after_step=2)) == []


def test_a_spike_of_one_step_survives_bucketing(store: RunStore) -> None:
    """The reason for keeping each bucket's extremes instead of every n-th point."""
    store.create("a1", make_spec())
    values = [1.0] * 5000
    values[3217], values[1234] = 99.0, -99.0
    store.log("a1", curve("loss", values))
    shown = store.series("a1", "loss", max_points=300)
    assert len(shown) <= 300
    assert {3217, 1234, 4999} <= {point.step for point in shown}
    assert [point.step for point in shown] == sorted({point.step for point in shown})


def test_few_points_are_not_bucketed(store: RunStore) -> None:
    """Nothing is dropped without need."""
    store.create("a1", make_spec())
    store.log("a1", curve("loss", [1.0] * 300))
    assert len(store.series("a1", "loss", max_points=300)) == 300


def test_growing_curves_keep_their_points(store: RunStore) -> None:
    """Between two polls a chart must not shimmer."""
    store.create("a1", make_spec())
    values = [math.sin(step) + step / 1000 for step in range(3000)]
    store.log("a1", curve("loss", values[:2900]))
    before = [point.step for point in store.series("a1", "loss", max_points=150)]
    store.log("a1", curve("loss", values[2900:], start=2900))
    after = [point.step for point in store.series("a1", "loss", max_points=150)]
    assert [step for step in before if step < 2816] == [step for step in after if step < 2816]


@given(
    values=st.lists(st.floats(allow_nan=True, allow_infinity=False), min_size=1, max_size=60),
    start=st.integers(min_value=0, max_value=10**6),
    limit=st.integers(min_value=3, max_value=40),
)
@rules(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example has its own run
)
def test_bucketed_curves_are_short_true_and_keep_their_ends(
    store: RunStore, values: list[float], start: int, limit: int
) -> None:
    """Whatever the curve: no more than asked, only logged points, extremes and the last kept."""
    run_id = f"run-{len(store.list())}"
    store.create(run_id, make_spec(run_id))
    points = curve("loss", values, start)
    store.log(run_id, points)
    shown = store.series(run_id, "loss", max_points=limit)
    assert len(shown) <= max(limit, 3)
    by_step = {point.step: point for point in points}
    for point in shown:
        logged = by_step[point.step]
        assert point == logged or (math.isnan(point.value) and math.isnan(logged.value))
    assert shown[-1].step == points[-1].step
    numbers = [value for value in values if not math.isnan(value)]
    if numbers:
        kept = [point.value for point in shown]
        assert min(numbers) in kept
        assert max(numbers) in kept


def test_the_newest_samples_of_a_split_by_position(store: RunStore) -> None:
    """What the page shows beside the curve."""
    store.create("a1", make_spec())
    store.log_samples("a1", [sample(10, 0), sample(20, 1), sample(20, 0, text="¡Hola!\n'")])
    store.log_samples("a1", [sample(30, 0, split="test")])
    assert [(entry.step, entry.position) for entry in store.samples("a1", "valid")] == [
        (20, 0),
        (20, 1),
    ]
    assert store.samples("a1", "valid")[0].hypothesis == "¡Hola!\n'"
    assert list(store.samples("a1", "nothing")) == []


def test_a_sample_logged_again_is_replaced(store: RunStore) -> None:
    """A resumed run translates the same step again."""
    store.create("a1", make_spec())
    store.log_samples("a1", [sample(10, 0, text="old")])
    store.log_samples("a1", [sample(10, 0, text="new")])
    assert [entry.hypothesis for entry in store.samples("a1", "valid")] == ["new"]


def test_a_deleted_run_leaves_nothing_and_its_name_is_free(store: RunStore) -> None:
    """Points, samples and attempts go with it."""
    store.create("a1", make_spec("again"))
    store.begin_attempt("a1", "job", 0)
    store.log("a1", curve("loss", [1.0]))
    store.log_samples("a1", [sample(1, 0)])
    store.delete("a1")
    assert store.list() == []
    store.create("a1", make_spec("again"))
    assert store.metrics("a1") == []
    assert list(store.attempts("a1")) == []
    assert list(store.samples("a1", "valid")) == []
