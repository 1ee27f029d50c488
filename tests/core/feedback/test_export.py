"""Corrections become a file that can be imported as a dataset."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.feedback.export import export_corrections
from core.feedback.memory import MemoryFeedbackStore
from core.feedback.records import Correction


def make_store(*texts: tuple[str, str], target: str = "es") -> MemoryFeedbackStore:
    """Return a store with one correction per (source, correction)."""
    store = MemoryFeedbackStore()
    for number, (source, correction) in enumerate(texts):
        store.add(
            Correction(
                id=str(number),
                time=float(number),
                source_language="en",
                target_language=target,
                source=source,
                hypothesis="",
                correction=correction,
                model="en-es:1",
                actor="ana",
            )
        )
    return store


def read_pairs(path: Path) -> list[list[str]]:
    """Return the file's cells."""
    text = path.read_text(encoding="utf-8")
    return [line.split("\t") for line in text.removesuffix("\n").split("\n")]


def test_each_correction_is_a_line(tmp_path: Path) -> None:
    """Oldest first, one tab, UTF-8."""
    store = make_store(("Good morning", "Buenos días"), ("Bye", "Adiós 👋"))
    export = export_corrections(store, tmp_path / "new" / "c.tsv", source="en", target="es")
    assert read_pairs(export.path) == [["Good morning", "Buenos días"], ["Bye", "Adiós 👋"]]
    assert (export.pairs, export.ids) == (2, ("0", "1"))


def test_lines_that_match_become_pairs(tmp_path: Path) -> None:
    """A corrected paragraph teaches sentence by sentence; one that does not match stays whole."""
    store = make_store(("a\n\nb", "x\r\ny"), ("c\nd", "z"))
    export = export_corrections(store, tmp_path / "c.tsv", source="en", target="es")
    assert read_pairs(export.path) == [["a", "x"], ["b", "y"], ["c d", "z"]]


def test_the_same_pair_is_written_once(tmp_path: Path) -> None:
    """But every correction counts as exported."""
    store = make_store(("a", "x"), ("a", "x"), ("a", "y"))
    export = export_corrections(store, tmp_path / "c.tsv", source="en", target="es")
    assert read_pairs(export.path) == [["a", "x"], ["a", "y"]]
    assert export.ids == ("0", "1", "2")


def test_other_directions_and_exported_ones_stay_out(tmp_path: Path) -> None:
    """With nothing left there is no file."""
    store = make_store(("a", "x"))
    with pytest.raises(InputError):
        export_corrections(store, tmp_path / "c.tsv", source="en", target="de")
    store.mark_exported(["0"], "d")
    with pytest.raises(InputError):
        export_corrections(store, tmp_path / "c.tsv", source="en", target="es")
    assert not (tmp_path / "c.tsv").exists()
    again = export_corrections(store, tmp_path / "c.tsv", source="en", target="es", pending=False)
    assert again.pairs == 1


@given(
    source=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
    correction=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
)
def test_every_line_has_two_cells_whatever_was_typed(
    tmp_path_factory: pytest.TempPathFactory, source: str, correction: str
) -> None:
    """Tabs, exotic line ends and control characters cannot break the file's shape."""
    if not source.strip() or not correction.strip():
        return
    path = tmp_path_factory.mktemp("export") / "c.tsv"
    export = export_corrections(make_store((source, correction)), path, source="en", target="es")
    pairs = read_pairs(path)
    assert len(pairs) == export.pairs
    assert all(len(pair) == 2 and all(pair) for pair in pairs)
