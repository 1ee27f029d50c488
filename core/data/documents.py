"""JSON documents of dataset versions: the manifest of an import, the report of a preparation."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.data.records import Dataset, Pair, PrepareReport, RuleReport
from core.errors import CorruptError
from core.files import read_json

MANIFEST_NAME = "manifest.json"
REPORT_NAME = "report.json"
_MANIFEST_KEYS = {
    "name", "digest", "source", "target", "pairs", "created_at", "origin", "licence", "rejected",
    "repaired",
}  # fmt: skip
_REPORT_KEYS = {"rules_version", "seed", "report", "vocabularies", "vocabulary", "files"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """What `prepared/` holds: how it was made, its report, its files by SHA-256.

    `vocabularies` maps each size that was asked for to the size that the text allowed;
    `vocabulary` is the one made last.
    """

    rules_version: int
    seed: int
    report: PrepareReport
    vocabularies: Mapping[str, int]
    vocabulary: int
    files: Mapping[str, str]


def manifest_document(dataset: Dataset) -> Mapping[str, Any]:
    """Return the manifest of an imported version."""
    return {key: getattr(dataset, key) for key in _MANIFEST_KEYS}


def read_manifest(folder: Path) -> Dataset:
    """Return the version in a folder, with its report if it is prepared; raises CorruptError."""
    document = _read(folder / MANIFEST_NAME, _MANIFEST_KEYS)
    if document["digest"] != folder.name:
        raise CorruptError(f"{folder / MANIFEST_NAME} speaks of {document['digest']}")
    found = read_preparation(folder / "prepared")
    if found is None or not found.vocabulary:
        return Dataset(**document, folder=folder)
    return Dataset(**document, folder=folder, report=found.report, vocabulary=found.vocabulary)


def preparation_document(found: Preparation) -> Mapping[str, Any]:
    """Return the report document of `prepared/`."""
    return asdict(found)


def read_preparation(prepared: Path) -> Preparation | None:
    """Return what `prepared/` holds, or None when there is no readable report.

    It can be made again from the imported pairs at any time, so damage here is not an error.
    """
    try:
        document = _read(prepared / REPORT_NAME, _REPORT_KEYS)
        report = document.pop("report")
        rules = tuple(_rule(rule) for rule in report.pop("rules"))
        return Preparation(**document, report=PrepareReport(**report, rules=rules))
    except (CorruptError, TypeError, AttributeError, KeyError):
        return None


def _rule(document: Mapping[str, Any]) -> RuleReport:
    """Return one rule's report."""
    fields = dict(document)
    examples = tuple(Pair(**pair) for pair in fields.pop("examples"))
    return RuleReport(**fields, examples=examples)


def _read(path: Path, keys: set[str]) -> dict[str, Any]:
    """Return a document with exactly these keys; raises CorruptError."""
    try:
        document = read_json(path)
    except (OSError, ValueError) as error:
        raise CorruptError(
            f"{path} cannot be read: {error}", remedy="Restore it from a snapshot"
        ) from error
    if document.keys() != keys:
        wrong = ", ".join(sorted(document.keys() ^ keys))
        raise CorruptError(f"{path} has unknown or missing keys: {wrong}")
    return document
