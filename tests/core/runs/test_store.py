"""The run store: runs, attempts and samples."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from core.errors import ConflictError, InputError, NotFoundError
from core.runs.store import RunStore
from core.scores import Scores
from tests.core.runs.conftest import curve, make_spec, sample


def test_a_created_run_is_found_by_id_and_by_name(run_store: RunStore) -> None:
    created = run_store.create("a1", make_spec("night run"))
    assert run_store.get("a1") == created
    assert run_store.get("night run") == created


def test_an_id_wins_over_a_name(run_store: RunStore) -> None:
    run_store.create("a1", make_spec("one"))
    run_store.create("b2", make_spec("a1"))
    assert run_store.get("a1").spec.name == "one"


def test_a_spec_is_stored_unchanged(run_store: RunStore) -> None:
    spec = make_spec(snapshot="s1", waiver="no restic, 'sorry' 🌙", parent="p0")
    run_store.create("a1", spec)
    assert run_store.get("a1").spec == spec


def test_runs_are_listed_newest_first(run_store: RunStore) -> None:
    """Also when two runs have the same creation time."""
    for number in range(3):
        run_store.create(f"r{number}", make_spec(f"run-{number}"))
    assert [run.id for run in run_store.list()] == ["r2", "r1", "r0"]


def test_a_name_that_is_in_use_is_refused(run_store: RunStore) -> None:
    first = run_store.create("a1", make_spec("same"))
    with pytest.raises(ConflictError, match="same"):
        run_store.create("b2", make_spec("same"))
    assert run_store.list() == [first]


@pytest.mark.parametrize("name", ["", "  ", "nul\x00", "half \ud83d pair"])
def test_a_name_that_cannot_be_stored_is_refused(run_store: RunStore, name: str) -> None:
    """PostgreSQL refuses NUL, every database half a surrogate pair."""
    with pytest.raises(InputError):
        run_store.create("a1", make_spec(name))
    assert run_store.list() == []


@pytest.mark.parametrize("name", ["'; drop table run; --", "a\nb", "../up", "🌙" * 50, "%s {x}"])
def test_unusual_names_are_stored(run_store: RunStore, name: str) -> None:
    run_store.create("a1", make_spec(name))
    assert run_store.get(name).id == "a1"


def test_the_error_for_a_missing_run_suggests_similar_names(run_store: RunStore) -> None:
    run_store.create("a1", make_spec("demo-tiny-1"))
    with pytest.raises(NotFoundError, match="demo-tiny-1"):
        run_store.get("demo-tinny-1")


@pytest.mark.parametrize(
    "act",
    [
        lambda run_store: run_store.set_planned_steps("zz", 3),
        lambda run_store: run_store.set_snapshot("zz", "s1"),
        lambda run_store: run_store.begin_attempt("zz", "j1", 0),
        lambda run_store: run_store.log("zz", curve("loss", [1.0])),
        lambda run_store: run_store.log_samples("zz", [sample(1, 0)]),
        lambda run_store: run_store.set_scores("zz", Scores()),
        lambda run_store: run_store.delete("zz"),
    ],
)
def test_writing_to_a_deleted_run_is_an_error(
    run_store: RunStore, act: Callable[[RunStore], object]
) -> None:
    with pytest.raises(NotFoundError):
        act(run_store)


def test_planned_steps_snapshot_and_scores_are_stored(run_store: RunStore) -> None:
    run_store.create("a1", make_spec())
    run_store.set_planned_steps("a1", 800)
    run_store.set_snapshot("a1", "snap")
    run_store.set_scores("a1", Scores(bleu=81.25, signatures={"bleu": "nrefs:1"}))
    run = run_store.get("a1")
    assert (run.steps, run.spec.snapshot, run.scores) == (
        800,
        "snap",
        Scores(bleu=81.25, signatures={"bleu": "nrefs:1"}),
    )


def test_logging_nothing_is_allowed(run_store: RunStore) -> None:
    run_store.create("a1", make_spec())
    run_store.log("a1", [])
    run_store.log_samples("a1", [])
    assert run_store.metrics("a1") == []
    assert run_store.summary("a1").latest == {}


def test_a_new_attempt_deletes_points_after_its_checkpoint(run_store: RunStore) -> None:
    run_store.create("a1", make_spec())
    first = run_store.begin_attempt("a1", "job-1", 0)
    run_store.log("a1", curve("loss", [float(step) for step in range(1, 101)], start=1))
    run_store.log("a1", curve("valid_loss", [5.0], start=90))
    run_store.log_samples("a1", [sample(80, 0), sample(90, 0)])
    second = run_store.begin_attempt("a1", "job-2", 80)
    assert run_store.curve("a1", "loss").points[-1].step == 80
    assert run_store.metrics("a1") == ["loss"]
    assert [entry.step for entry in run_store.samples("a1", "valid")] == [80]
    run_store.log("a1", curve("loss", [0.5] * 40, start=81))
    assert [point.step for point in run_store.curve("a1", "loss").points] == list(range(1, 121))
    assert list(run_store.attempts("a1")) == [first, second]
    assert (second.number, second.job_id, second.from_step) == (2, "job-2", 80)


def test_a_new_attempt_does_not_change_other_runs(run_store: RunStore) -> None:
    for name in ("a1", "b2"):
        run_store.create(name, make_spec(name))
        run_store.log(name, curve("loss", [1.0, 2.0]))
    run_store.begin_attempt("a1", "job", 0)
    assert len(run_store.curve("a1", "loss").points) == 1
    assert len(run_store.curve("b2", "loss").points) == 2


def test_samples_of_the_newest_step_are_ordered_by_position(run_store: RunStore) -> None:
    run_store.create("a1", make_spec())
    run_store.log_samples("a1", [sample(10, 0), sample(20, 1), sample(20, 0, text="¡Hola!\n'")])
    run_store.log_samples("a1", [sample(30, 0, split="test")])
    assert [(entry.step, entry.position) for entry in run_store.samples("a1", "valid")] == [
        (20, 0),
        (20, 1),
    ]
    assert run_store.samples("a1", "valid")[0].hypothesis == "¡Hola!\n'"
    assert list(run_store.samples("a1", "nothing")) == []


def test_a_sample_logged_again_is_replaced(run_store: RunStore) -> None:
    run_store.create("a1", make_spec())
    run_store.log_samples("a1", [sample(10, 0, text="old")])
    run_store.log_samples("a1", [sample(10, 0, text="new")])
    assert [entry.hypothesis for entry in run_store.samples("a1", "valid")] == ["new"]


def test_a_deleted_run_leaves_no_rows_and_its_name_can_be_used(run_store: RunStore) -> None:
    run_store.create("a1", make_spec("again"))
    run_store.begin_attempt("a1", "job", 0)
    run_store.log("a1", curve("loss", [1.0]))
    run_store.log_samples("a1", [sample(1, 0)])
    run_store.delete("a1")
    assert run_store.list() == []
    run_store.create("a1", make_spec("again"))
    assert run_store.metrics("a1") == []
    assert list(run_store.attempts("a1")) == []
    assert list(run_store.samples("a1", "valid")) == []


def test_listing_runs_with_their_metrics_takes_one_query(run_store: RunStore) -> None:
    statements: list[str] = []
    sa.event.listen(
        run_store.database.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: statements.append(statement),
    )
    for number in range(5):
        run_store.create(f"r{number}", make_spec(f"run-{number}"))
        run_store.log(f"r{number}", [*curve("loss", [2.0, 1.0]), *curve("bleu", [3.0])])
    run_store.create("empty", make_spec("empty"))
    statements.clear()
    found = run_store.summaries()
    assert len([statement for statement in statements if "SELECT" in statement]) == 1
    assert [summary.run for summary in found] == run_store.list()
    assert found[0].latest == {}
    newest = {name: (point.step, point.value) for name, point in found[1].latest.items()}
    assert newest == {"loss": (1, 1.0), "bleu": (0, 3.0)}
