"""Descriptions of the content of snapshots."""

from core.backup.records import describe_contents


def test_a_scope_is_named_in_plain_words() -> None:
    assert describe_contents(("datasets", "runs"), ("datahall", "what:all")) == "Everything"
    assert describe_contents((), ("what:new-scope",)) == "new-scope"


def test_without_a_scope_the_dataset_or_the_folders_are_named() -> None:
    folder = f"/home/datasets/demo/{'d' * 64}"
    assert describe_contents((folder, "/home/staging"), ("datahall",)) == "demo dddddddd"
    assert describe_contents(("datasets",), ("datahall",)) == "datasets"
    assert describe_contents(("runs/r1",), ("datahall",)) == "r1"


def test_many_and_long_names_are_shortened() -> None:
    assert describe_contents(tuple(f"x/{name}" for name in "abcde"), ()) == "a, b, c and 2 more"
    assert describe_contents(("x/" + "f" * 64,), ()) == "f" * 28 + "…"
