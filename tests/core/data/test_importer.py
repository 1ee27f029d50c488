"""Import of files as they occur in practice."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from core.data.datasets import DatasetStore
from core.data.importer import import_files
from core.data.records import Dataset
from core.data.version_files import read_pairs
from core.errors import InputError
from tests.clock import FixedClock

Import = Callable[..., Dataset]


@pytest.fixture
def load(store: DatasetStore, clock: FixedClock) -> Import:
    """Import files given as (name, bytes) below the test's folder."""

    def load(*files: Path, name: str = "toy", form: str = "auto") -> Dataset:
        return import_files(store, name, files, source="en", target="es", form=form, clock=clock)

    return load


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """Write a file and return its path."""

    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


Write = Callable[[str, bytes], Path]


def _everything(root: Path) -> set[Path]:
    """Return every path below the folder but the store's own lock."""
    return {path for path in root.rglob("*") if path.name != ".lock"}


def test_tsv_reads_two_columns_and_ignores_the_rest(load: Import, toy: Path) -> None:
    """A third column often holds the attribution."""
    dataset = load(toy / "toy.tsv")
    pairs = list(read_pairs(dataset.raw_file))
    assert dataset.pairs == 3
    assert (pairs[0].source, pairs[0].target) == ("The kettle is warm.", "La tetera está caliente.")
    assert dataset.rejected == {}


def test_a_side_that_is_given_twice_is_refused(load: Import, write: Write) -> None:
    """The plain file and the compressed one may differ."""
    files = [write("train.en", b"Hello\n"), write("train.es", b"Hola\n")]
    packed = write("train.en.gz", gzip.compress(b"Bye\n"))
    with pytest.raises(InputError, match=r"train\.en and .*train\.en\.gz are the same side"):
        load(*files, packed)


def test_moses_files_are_paired_by_line(load: Import, toy: Path) -> None:
    """The order of the files does not matter."""
    dataset = load(toy / "train.es", toy / "train.en")
    first = next(read_pairs(dataset.raw_file))
    assert dataset.pairs == 24
    assert first.source == "The ladder is in the attic."
    assert first.target == "La escalera está en el desván."
    assert first.split == ""


def test_gzip_gives_the_same_version_as_plain_text(load: Import, write: Write, toy: Path) -> None:
    packed = write("toy.tsv.gz", gzip.compress((toy / "toy.tsv").read_bytes()))
    assert load(packed).digest == load(toy / "toy.tsv").digest


def test_gzip_is_detected_by_content(load: Import, write: Write) -> None:
    assert load(write("download", gzip.compress(b"a cat\tun gato\n"))).pairs == 1


def test_file_names_give_the_splits(load: Import, toy: Path) -> None:
    """`val` and `dev` mean valid."""
    names = ("train", "val", "test")
    dataset = load(*(toy / f"{name}.{code}" for name in names for code in ("en", "es")))
    splits = [pair.split for pair in read_pairs(dataset.raw_file)]
    assert [splits.count(split) for split in ("train", "valid", "test", "")] == [24, 2, 2, 0]


def test_a_single_file_named_test_is_the_whole_corpus(load: Import, write: Write) -> None:
    dataset = load(write("test.tsv", b"a cat\tun gato\n"))
    assert next(read_pairs(dataset.raw_file)).split == ""


def test_splits_without_training_text_are_refused(load: Import, toy: Path) -> None:
    files = [toy / f"{name}.{code}" for name in ("val", "test") for code in ("en", "es")]
    with pytest.raises(InputError, match="none to the training split"):
        load(*files)


def test_equal_content_is_one_version_with_its_first_date(
    load: Import, store: DatasetStore, toy: Path, clock: FixedClock
) -> None:
    first = load(toy / "toy.tsv")
    clock.advance(60)
    assert load(toy / "toy.tsv") == first
    assert len(store.list()) == 1


def test_each_line_may_have_another_encoding(load: Import, write: Write) -> None:
    """Old files mix UTF-8 and Windows-1252; lines read as Windows-1252 are counted."""
    mixed = "a café\tun café\n".encode() + "a child\tun niño\n".encode("cp1252")
    dataset = load(write("mixed.tsv", b"\xef\xbb\xbf" + mixed))
    pairs = list(read_pairs(dataset.raw_file))
    assert [pair.target for pair in pairs] == ["un café", "un niño"]
    assert pairs[0].source == "a café"
    assert dataset.repaired == {"read as Windows-1252": 1}


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-be", "utf-16-le"])
def test_utf_16_gives_the_same_version_as_utf_8(load: Import, write: Write, codec: str) -> None:
    """Only a line feed ends a line: U+2028, NEL, VT and FF are characters inside one."""
    text = "a\u2028child\tun niño\nthe sun\tel\u0085sol\n日本\t" + "語" * 30_000 + "\n"
    mark = "" if codec == "utf-16" else "\ufeff"
    dataset = load(write("sheet.txt", (mark + text).encode(codec)), form="tsv")
    assert dataset.digest == load(write("plain.txt", text.encode()), form="tsv").digest
    sources = [pair.source for pair in read_pairs(dataset.raw_file)]
    assert sources == ["a\u2028child", "the sun"]


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_lines_that_end_in_carriage_returns_alone_are_refused(
    load: Import, write: Write, codec: str
) -> None:
    """Read as one line, the file would give one misaligned pair."""
    content = "The cat.\tEl gato.\rThe dog.\tEl perro.\r".encode(codec)
    with pytest.raises(InputError, match=r"carriage returns \(CR\) alone"):
        load(write("mac.tsv", content), form="tsv")


def test_carriage_returns_end_lines_only_before_a_line_feed(load: Import, write: Write) -> None:
    """A lone one inside a segment must not shift the lines of a Moses pair."""
    dataset = load(write("a.en", b"one\rmore\r\ntwo\r\n"), write("a.es", b"uno\ndos\n"))
    assert [pair.source for pair in read_pairs(dataset.raw_file)] == ["one more", "two"]
    assert dataset.repaired == {"carriage return inside": 1}


def test_rejected_lines_are_counted_by_reason(load: Import, write: Write) -> None:
    dataset = load(
        write(
            "bad.tsv",
            b"good\tbueno\nno tab here\n\nbell\x07\tcampana\nnul\x00\tnulo\n"
            + b"x" * 1_000_000
            + b"\ty\nlast\tultimo\n",
        ),
        form="tsv",
    )
    assert dataset.pairs == 2
    assert dataset.rejected == {
        "without a tab": 1,
        "blank": 1,
        "control characters": 2,
        "longer than 65,536 bytes": 1,
    }


def test_a_rejected_line_of_a_moses_pair_drops_its_partner(load: Import, write: Write) -> None:
    """The following lines stay aligned."""
    dataset = load(
        write("a.en", b"one\n" + b"x" * 100_000 + b"\nthree\n"), write("a.es", b"uno\ndos\ntres\n")
    )
    assert [pair.target for pair in read_pairs(dataset.raw_file)] == ["uno", "tres"]


def test_moses_files_of_different_length_are_refused(
    load: Import, write: Write, store: DatasetStore
) -> None:
    with pytest.raises(InputError, match=r"3 lines.*2"):
        load(write("a.en", b"1 one\n2 two\n3 three\n"), write("a.es", b"uno\ndos\n"))
    assert not store.list()


def test_a_moses_file_without_its_partner_is_refused(load: Import, write: Write) -> None:
    with pytest.raises(InputError, match=r"b\.es is missing"):
        load(write("a.en", b"x\n"), write("a.es", b"y\n"), write("b.en", b"z\n"))


@pytest.mark.parametrize(
    ("content", "reported"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "a picture"),
        (b"PK\x03\x04sheet", "a zip archive"),
        (b"%PDF-1.7 text", "a PDF"),
        (bytes(range(256)) * 40, "binary"),
        (gzip.compress(b"a\tb\n" * 500, mtime=0)[:-9], "damaged gzip"),
        (b"only one column\n", "is not known"),
        (b"\n\n\n", "is not known"),
    ],
)
def test_a_file_that_is_not_a_corpus_is_refused(
    load: Import, write: Write, store: DatasetStore, content: bytes, reported: str
) -> None:
    """Nothing is stored."""
    with pytest.raises(InputError, match=reported):
        load(write("odd file", content))
    assert not store.list()


def test_an_empty_corpus_is_refused(load: Import, write: Write, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"empty.*2 without a tab"):
        load(write("words.tsv", b"one\ntwo\n"), form="tsv")
    assert not _everything(tmp_path / "home" / "datasets")


def test_missing_files_and_folders_are_refused(load: Import, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        load(tmp_path / "nothing.tsv")
    with pytest.raises(InputError, match="is a folder"):
        load(tmp_path)
    with pytest.raises(InputError, match="no files"):
        load()
    with pytest.raises(InputError, match="not a regular file"):
        load(Path("/dev/null"))


@pytest.mark.parametrize(
    "name", ["", "../up", "a b", "A", 'a"b', "a\nb", "😀", "-a", "a" * 41, "a/b", "..", "a\x00"]
)
def test_an_invalid_name_of_a_dataset_is_refused(
    load: Import, toy: Path, name: str, tmp_path: Path
) -> None:
    """A name becomes a folder."""
    with pytest.raises(InputError, match="not a valid name"):
        load(toy / "toy.tsv", name=name)
    assert not _everything(tmp_path / "home" / "datasets")


@pytest.mark.parametrize("name", ['it\'s "so".tsv', "two\nlines.tsv", "😀.tsv", "a b.tsv"])
def test_any_file_name_is_accepted(load: Import, write: Write, name: str) -> None:
    assert load(write(name, b"a cat\tun gato\n")).pairs == 1


def test_control_characters_in_a_file_name_are_escaped(load: Import, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\\x1b"):
        load(tmp_path / "\x1b[31mred.tsv")


@pytest.mark.parametrize("codes", [("en", "EN!"), ("", "es"), ("english", "es"), ("en", "en")])
def test_invalid_language_codes_are_refused(
    store: DatasetStore, toy: Path, clock: FixedClock, codes: tuple[str, str]
) -> None:
    with pytest.raises(InputError):
        import_files(store, "toy", [toy / "toy.tsv"], source=codes[0], target=codes[1], clock=clock)


def test_an_unknown_format_is_refused(load: Import, toy: Path) -> None:
    with pytest.raises(InputError, match="xml") as caught:
        load(toy / "toy.tsv", form="xml")
    assert "moses, tsv" in caught.value.remedy


def test_progress_is_reported(store: DatasetStore, write: Write, clock: FixedClock) -> None:
    heard: list[int] = []
    path = write("many.tsv", b"".join(b"a %d\tun %d\n" % (n, n) for n in range(12_000)))
    import_files(
        store, "many", [path], source="en", target="es", clock=clock, on_progress=heard.append
    )
    assert heard == [5000, 10_000]


def test_a_file_whose_name_is_not_valid_utf_8_can_be_imported(load: Import, tmp_path: Path) -> None:
    """The manifest contains the name escaped."""
    path = tmp_path / "caf\udce9.tsv"
    path.write_bytes(b"Hello\tHola\n")
    assert load(path).origin == r"'caf\udce9.tsv'"
