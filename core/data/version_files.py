"""The files of a dataset version: imported pairs, the manifest, the report of its preparation."""

import gzip
import hashlib
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.data.records import Dataset, Pair, PrepareReport, RuleReport
from core.errors import CorruptError
from core.files import read_json

MANIFEST_NAME = "manifest.json"
REPORT_NAME = "report.json"
_RESTORE = 'Restore it from a snapshot: see "datahall backup list"'
_MANIFEST_KEYS = {
    "name", "digest", "source", "target", "pairs", "created_at", "origin", "licence", "rejected",
    "repaired",
}  # fmt: skip
_REPORT_KEYS = {"rules_version", "seed", "report", "vocabularies", "vocabulary", "files"}
_GZIP_LEVEL = 6
_NUM_COLUMNS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PairSummary:
    """The digest of a file of pairs (languages and lines) and its number of pairs by split."""

    digest: str
    splits: Counter[str]

    @property
    def pairs(self) -> int:
        """The number of pairs of all splits."""
        return self.splits.total()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """The content of `report.json` in `prepared/`.

    Attributes:
        rules_version: the version of the cleaning rules that were applied.
        seed: the seed of the split.
        report: the counts that users see.
        vocabularies: the number of pieces learned for each requested number.
        vocabulary: the requested number of the newest vocabulary.
        files: SHA-256 of every file in `prepared/`, by name.
    """

    rules_version: int
    seed: int
    report: PrepareReport
    vocabularies: Mapping[str, int]
    vocabulary: int
    files: Mapping[str, str]


def write_pairs(path: Path, source: str, target: str, pairs: Iterable[Pair]) -> PairSummary:
    """Write the pairs and return their digest; equal pairs give equal bytes."""
    state = _language_digest(source, target)
    splits: Counter[str] = Counter()
    with path.open("wb") as file, gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0) as stream:
        for pair in pairs:
            line = f"{_one_line(pair.source)}\t{_one_line(pair.target)}\t{pair.split}\n".encode()
            state.update(line)
            splits[pair.split] += 1
            stream.write(line)
    return PairSummary(digest=state.hexdigest(), splits=splits)


def read_pairs(path: Path) -> Iterator[Pair]:
    """Yield the pairs of a file; raises CorruptError when it is missing or damaged."""
    for line in _lines(path):
        columns = line.rstrip("\n").split("\t")
        if len(columns) != _NUM_COLUMNS:
            raise CorruptError(f"{path} is damaged: a line has {len(columns)} columns")
        yield Pair(source=columns[0], target=columns[1], split=columns[2])


def digest_pairs(path: Path, source: str, target: str) -> PairSummary:
    """Return the digest of the file as it is now; raises CorruptError when it cannot be read."""
    state = _language_digest(source, target)
    splits: Counter[str] = Counter()
    for line in _lines(path):
        state.update(line.encode())
        splits[line.rstrip("\n").rpartition("\t")[2]] += 1
    return PairSummary(digest=state.hexdigest(), splits=splits)


def manifest_document(dataset: Dataset) -> Mapping[str, object]:
    """Return the manifest of an imported version as a JSON document."""
    return {key: getattr(dataset, key) for key in _MANIFEST_KEYS}


def read_manifest(folder: Path) -> Dataset:
    """Return the version in a folder, with its report if prepared; raises CorruptError."""
    document = _read_document(folder / MANIFEST_NAME, _MANIFEST_KEYS)
    if document["digest"] != folder.name:
        raise CorruptError(
            f"{folder / MANIFEST_NAME} is the manifest of another version, {document['digest']}",
            remedy=_RESTORE,
        )
    found = read_preparation(folder / "prepared")
    if found is None or not found.vocabulary:
        return Dataset(**document, folder=folder)
    return Dataset(**document, folder=folder, report=found.report, vocabulary=found.vocabulary)


def preparation_document(preparation: Preparation) -> Mapping[str, object]:
    """Return the report of a preparation as a JSON document."""
    return asdict(preparation)


def read_preparation(prepared: Path) -> Preparation | None:
    """Return the report in `prepared/`; None when there is none that can be read.

    Damage is not an error: the version can be prepared again from its imported pairs.
    """
    try:
        document = _read_document(prepared / REPORT_NAME, _REPORT_KEYS)
        report = document.pop("report")
        rules = tuple(_rule_report(rule) for rule in report.pop("rules"))
        return Preparation(**document, report=PrepareReport(**report, rules=rules))
    except (CorruptError, TypeError, AttributeError, KeyError):
        return None


def _rule_report(document: Mapping[str, Any]) -> RuleReport:
    """Return the record of a rule's JSON document."""
    fields = dict(document)
    examples = tuple(Pair(**pair) for pair in fields.pop("examples"))
    return RuleReport(**fields, examples=examples)


def _read_document(path: Path, keys: set[str]) -> dict[str, Any]:
    """Return a JSON document that has exactly these keys; raises CorruptError."""
    try:
        document = read_json(path)
    except (OSError, ValueError) as error:
        raise CorruptError(f"{path} cannot be read: {error}", remedy=_RESTORE) from error
    if document.keys() != keys:
        wrong = ", ".join(sorted(document.keys() ^ keys))
        raise CorruptError(f"{path} has unknown or missing keys: {wrong}", remedy=_RESTORE)
    return document


def _language_digest(source: str, target: str) -> "hashlib._Hash":
    """Return a digest that starts with the languages."""
    return hashlib.sha256(f"{source}\t{target}\n".encode())


def _lines(path: Path) -> Iterator[str]:
    """Yield the lines with their line feeds; raises CorruptError."""
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="\n") as stream:
            yield from stream
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise CorruptError(f"{path} cannot be read: {error}", remedy=_RESTORE) from error


def _one_line(segment: str) -> str:
    """Return the segment with spaces for tabs and line ends, which separate segments."""
    if "\t" in segment or "\n" in segment or "\r" in segment:
        return segment.replace("\t", " ").replace("\r", " ").replace("\n", " ")
    return segment
