"""The contract of a corpus format, for every format."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.data.formats.format import CorpusFiles, split_from_name
from core.data.importer import FORMATS
from core.data.records import ImportCounts, Pair

Rows = list[tuple[bytes, bytes]]


def _write(form: str, folder: Path, stem: str, rows: Rows) -> list[Path]:
    """Write the rows in a format; return its files."""
    if form == "tsv":
        path = folder / f"{stem}.tsv"
        path.write_bytes(b"".join(left + b"\t" + right + b"\n" for left, right in rows))
        return [path]
    files = [folder / f"{stem}.en", folder / f"{stem}.es"]
    for side, path in enumerate(files):
        path.write_bytes(b"".join(row[side] + b"\n" for row in rows))
    return files


@pytest.fixture(params=sorted(FORMATS))
def corpus(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[..., tuple[str, CorpusFiles]]:
    """Return a function that makes a corpus in each format."""

    def make(**parts: Rows) -> tuple[str, CorpusFiles]:
        files = [
            path
            for stem, rows in parts.items()
            for path in _write(request.param, tmp_path, stem, rows)
        ]
        return request.param, CorpusFiles(files=files, source="en", target="es")

    return make


Make = Callable[..., tuple[str, CorpusFiles]]


def test_a_format_matches_its_own_files_and_reads_them_in_order(corpus: Make) -> None:
    name, made = corpus(toy=[(b"a shed", b"un cobertizo"), (b"a hall", b"un pasillo")])
    form = FORMATS[name]
    assert form.name == name
    assert form.matches(made)
    assert list(form.read(made, ImportCounts())) == [
        Pair(source="a shed", target="un cobertizo"),
        Pair(source="a hall", target="un pasillo"),
    ]


def test_rejected_lines_are_counted(corpus: Make) -> None:
    """The other lines stay aligned."""
    name, made = corpus(
        toy=[(b"one", b"uno"), (b"x" * 70_000, b"dos"), (b"th\x00ree", b"tres"), (b"4", b"cuatro")]
    )
    counts = ImportCounts()
    found = list(FORMATS[name].read(made, counts))
    assert [pair.target for pair in found] == ["uno", "cuatro"]
    assert counts.rejected.total() == 2


def test_several_files_get_their_split_from_their_names(corpus: Make) -> None:
    """A single file does not."""
    rows = [(b"a cat", b"un gato")]
    name, made = corpus(train=rows, dev=rows, other=rows)
    assert [pair.split for pair in FORMATS[name].read(made, ImportCounts())] == [
        "train",
        "valid",
        "",
    ]
    name, made = corpus(test=rows)
    assert [pair.split for pair in FORMATS[name].read(made, ImportCounts())] == [""]


@pytest.mark.parametrize(
    ("file", "split"),
    [
        ("train.en.gz", "train"),
        ("corpus-dev.es", "valid"),
        ("VAL.tsv", "valid"),
        ("newstest2016.en", ""),
        ("my_test.tsv", "test"),
        ("contest.tsv", ""),
        ("validation.tsv", "valid"),
    ],
)
def test_a_split_is_a_whole_word_in_a_file_name(file: str, split: str) -> None:
    assert split_from_name(file) == split
