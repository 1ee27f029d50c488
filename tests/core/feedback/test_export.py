"""Corrections become a file that can be imported as a dataset."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.feedback.export import export_corrections
from core.feedback.store import Correction

TYPED = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)


def corrections(*texts: tuple[str, str]) -> Sequence[Correction]:
    """Return one correction per (source, correction), newest first, as stores list them."""
    return [
        Correction(
            id=str(number),
            time=float(number),
            source_language="en",
            target_language="es",
            source=source,
            hypothesis="",
            correction=correction,
            model="en-es:1",
            actor="ana",
        )
        for number, (source, correction) in enumerate(texts)
    ][::-1]


def read_pairs(path: Path) -> list[list[str]]:
    """Return the file's cells."""
    text = path.read_text(encoding="utf-8")
    return [line.split("\t") for line in text.removesuffix("\n").split("\n")]


def test_each_correction_is_a_line(tmp_path: Path) -> None:
    path = tmp_path / "new" / "c.tsv"
    given = corrections(("Good morning", "Buenos días"), ("Bye", "Adiós 👋"))
    assert export_corrections(given, path) == 2
    assert read_pairs(path) == [["Good morning", "Buenos días"], ["Bye", "Adiós 👋"]]


def test_lines_that_match_become_pairs(tmp_path: Path) -> None:
    path = tmp_path / "c.tsv"
    export_corrections(corrections(("a\n\nb", "x\r\ny"), ("c\nd", "z")), path)
    assert read_pairs(path) == [["a", "x"], ["b", "y"], ["c d", "z"]]


def test_the_same_pair_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "c.tsv"
    assert export_corrections(corrections(("a", "x"), ("a", "x"), ("a", "y")), path) == 2
    assert read_pairs(path) == [["a", "x"], ["a", "y"]]


def test_nothing_to_export_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        export_corrections([], tmp_path / "c.tsv")
    assert not (tmp_path / "c.tsv").exists()


@given(source=TYPED.filter(str.strip), correction=TYPED.filter(str.strip))
def test_every_line_has_two_cells_whatever_was_typed(
    tmp_path_factory: pytest.TempPathFactory, source: str, correction: str
) -> None:
    path = tmp_path_factory.mktemp("export") / "c.tsv"
    num_pairs = export_corrections(corrections((source, correction)), path)
    pairs = read_pairs(path)
    assert len(pairs) == num_pairs
    assert all(len(pair) == 2 and all(pair) for pair in pairs)
