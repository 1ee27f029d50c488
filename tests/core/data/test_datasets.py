"""The store of dataset versions."""

import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from core.data.datasets import DatasetStore
from core.data.prepare import prepare
from core.data.records import Dataset, Pair
from core.errors import ConflictError, CorruptError, InputError, NotFoundError
from tests.clock import FixedClock


def _add(store: DatasetStore, clock: FixedClock, text: str, name: str = "toy") -> Dataset:
    """Add a version of one pair."""
    pair = Pair(source=text, target=f"el {text}")
    return store.add(name, "en", "es", [pair], origin="tests", clock=clock)


def test_versions_are_listed_newest_first(store: DatasetStore, clock: FixedClock) -> None:
    old = _add(store, clock, "cat")
    clock.advance(1)
    new = _add(store, clock, "dog")
    assert [dataset.digest for dataset in store.list()] == [new.digest, old.digest]
    assert store.get("toy") == new
    assert store.get("toy", old.digest[:8]) == old


def test_the_digest_depends_on_languages_and_order(store: DatasetStore, clock: FixedClock) -> None:
    """Names and dates are not part of it."""
    pairs = [Pair(source="a", target="b"), Pair(source="c", target="d")]
    digests = {
        store.add("one", "en", "es", pairs, origin="x", clock=clock).digest,
        store.add("two", "en", "es", pairs, origin="y", clock=clock).digest,
        store.add("one", "en", "pt", pairs, origin="x", clock=clock).digest,
        store.add("one", "en", "es", pairs[::-1], origin="x", clock=clock).digest,
    }
    assert len(digests) == 3


def test_an_unknown_name_gets_close_matches(store: DatasetStore, clock: FixedClock) -> None:
    with pytest.raises(NotFoundError, match="data demo"):
        store.get("news")
    _add(store, clock, "cat", name="news")
    with pytest.raises(NotFoundError, match="Did you mean news"):
        store.get("newz")
    with pytest.raises(NotFoundError, match="no version"):
        store.get("news", "ffff0000")


def test_a_prefix_of_two_digests_is_refused(store: DatasetStore, clock: FixedClock) -> None:
    _add(store, clock, "cat")
    _add(store, clock, "dog")
    with pytest.raises(ConflictError, match="matches 2"):
        store.get("toy", "")


def test_a_failed_add_leaves_nothing(
    store: DatasetStore, clock: FixedClock, tmp_path: Path
) -> None:

    def broken() -> Iterator[Pair]:
        yield Pair(source="a", target="b")
        raise InputError("the disk was pulled out")

    with pytest.raises(InputError):
        store.add("toy", "en", "es", broken(), origin="tests", clock=clock)
    assert not list((tmp_path / "home" / "datasets").glob("[!.]*"))


def test_the_folder_of_a_killed_import_is_removed_by_the_next_one(
    store: DatasetStore, clock: FixedClock, tmp_path: Path
) -> None:
    """The lock of a killed process is free."""
    left = tmp_path / "home" / "datasets" / "toy" / ".scratch-dead"
    left.mkdir(parents=True)
    (left / "pairs.tsv.gz").write_bytes(b"half")
    _add(store, clock, "cat")
    assert not left.exists()


@pytest.mark.parametrize("damage", ["changed", "truncated", "missing"])
def test_damaged_pairs_are_detected(store: DatasetStore, kept: Dataset, damage: str) -> None:
    store.verify(kept)
    if damage == "missing":
        kept.raw_file.unlink()
    elif damage == "truncated":
        kept.raw_file.write_bytes(kept.raw_file.read_bytes()[:-20])
    else:
        text = gzip.decompress(kept.raw_file.read_bytes()).replace(b"key", b"kex", 1)
        kept.raw_file.write_bytes(gzip.compress(text))
    with pytest.raises(CorruptError):
        store.verify(kept)


def test_a_changed_split_file_is_detected(store: DatasetStore, prepared: Dataset) -> None:
    store.verify(prepared)
    prepared.split_file("train", "en").write_text("something else\n", encoding="utf-8")
    with pytest.raises(CorruptError, match="missing or was changed"):
        store.verify(prepared)


@pytest.mark.parametrize("content", ["{", "[]", '{"name": "house"}'])
def test_a_damaged_manifest_does_not_hide_other_versions(
    store: DatasetStore, kept: Dataset, clock: FixedClock, content: str
) -> None:
    other = _add(store, clock, "cat")
    (kept.folder / "manifest.json").write_text(content, encoding="utf-8")
    assert store.list() == [other]
    assert len(store.damaged()) == 1
    with pytest.raises(CorruptError):
        store.get("house")
    store.delete("house", kept.digest)
    assert not store.damaged()


def test_an_unknown_key_in_a_manifest_is_damage(store: DatasetStore, kept: Dataset) -> None:
    path = kept.folder / "manifest.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**document, "colour": "red"}), encoding="utf-8")
    with pytest.raises(CorruptError, match="colour"):
        store.get("house")


def test_importing_again_replaces_a_damaged_version(
    store: DatasetStore, kept: Dataset, household: Sequence[Pair], clock: FixedClock
) -> None:
    kept.raw_file.unlink()
    healed = store.add("house", "en", "es", household, origin="again", clock=clock)
    store.verify(healed)
    assert healed.digest == kept.digest


def test_delete_removes_one_version(store: DatasetStore, clock: FixedClock) -> None:
    """The folder of the name goes with the last version."""
    first, second = _add(store, clock, "cat"), _add(store, clock, "dog")
    store.delete("toy", first.digest)
    assert store.list() == [second]
    store.delete("toy", second.digest[:10])
    assert not first.folder.parent.exists()
    with pytest.raises(NotFoundError):
        store.delete("toy", second.digest)


def test_examples_are_spread_over_the_text(store: DatasetStore, kept: Dataset) -> None:
    """The first lines of a sorted corpus are similar."""
    shown = [pair.source for pair in store.examples(kept, 3)]
    assert shown[0] == "The key is in the hall."
    assert len({text.split()[1] for text in shown}) == 3


def test_examples_of_a_split_come_from_the_prepared_files(
    store: DatasetStore, prepared: Dataset
) -> None:
    shown = store.examples(prepared, 2, "test")
    lines = prepared.split_file("test", "en").read_text(encoding="utf-8").splitlines()
    assert [pair.source for pair in shown] == [lines[0], lines[len(lines) // 2]]
    with pytest.raises(InputError, match="unknown split"):
        store.examples(prepared, 2, "tests")


def test_an_unprepared_version_has_no_splits(store: DatasetStore, kept: Dataset) -> None:
    with pytest.raises(NotFoundError, match="data prepare house"):
        store.examples(kept, 2, "test")


def test_get_returns_the_newest_vocabulary(
    store: DatasetStore, prepared: Dataset, clock: FixedClock
) -> None:
    """Older ones stay for the runs that use them."""
    newer = prepare(prepared, vocabulary_size=350, clock=clock)
    found = store.get("house")
    assert (found.vocabulary, found.report) == (350, newer.report)
    assert prepared.vocabulary_file.is_file()
    assert newer.vocabulary_file.is_file()
