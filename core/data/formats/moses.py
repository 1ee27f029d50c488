"""Moses pairs: two files of equal length, one per language (`train.en`, `train.es`)."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.data.formats.format import CorpusFiles, split_from_name
from core.data.formats.lines import Rejected, read_lines
from core.data.records import ImportCounts, Pair
from core.errors import InputError
from core.text import quoted

_NUM_SIDES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sides:
    """The two files of one part of the corpus."""

    source: Path
    target: Path
    split: str


class MosesFormat:
    """Line n of one file is the translation of line n of the other."""

    name = "moses"

    def matches(self, corpus: CorpusFiles) -> bool:
        """Return whether every file name ends in a language code, ignoring .gz."""
        return all(_language(path, corpus) for path in corpus.files)

    def read(self, corpus: CorpusFiles, counts: ImportCounts) -> Iterator[Pair]:
        """Yield the pairs; raises InputError when two files differ in length."""
        for sides in _match_files(corpus):
            yield from _read_sides(sides, counts)


def _match_files(corpus: CorpusFiles) -> Sequence[_Sides]:
    """Match each source file with its target file; two files without codes are source, target."""
    named = {path: _language(path, corpus) for path in corpus.files}
    if len(named) == _NUM_SIDES and not any(named.values()):
        return [_Sides(source=corpus.files[0], target=corpus.files[1], split="")]
    stems: dict[Path, dict[str, Path]] = {}
    for path, language in named.items():
        if not language:
            raise InputError(
                f"{quoted(path)} has neither language code in its name",
                remedy=f"End the names in .{corpus.source} and .{corpus.target}, optionally .gz",
            )
        kept = stems.setdefault(_stem(path), {}).setdefault(language, path)
        if kept != path:
            raise InputError(
                f"{quoted(kept)} and {quoted(path)} are the same side of the corpus",
                remedy="Import one of them",
            )
    matched = []
    for stem, sides in stems.items():
        missing = {corpus.source, corpus.target} - sides.keys()
        if missing:
            raise InputError(
                f"{quoted(stem)}.{missing.pop()} is missing: a Moses pair needs both files"
            )
        split = split_from_name(stem.name) if len(stems) > 1 else ""
        matched.append(
            _Sides(source=sides[corpus.source], target=sides[corpus.target], split=split)
        )
    return matched


def _read_sides(sides: _Sides, counts: ImportCounts) -> Iterator[Pair]:
    """Yield the pairs of two files; both are read to the end, so that the lengths are compared."""
    num_source = num_target = 0
    lines = itertools.zip_longest(
        read_lines(sides.source, counts), read_lines(sides.target, counts)
    )
    for source, target in lines:
        num_source += source is not None
        num_target += target is not None
        if source is None or target is None:
            continue
        found = _pair(source, target, sides.split, counts)
        if isinstance(found, Rejected):
            counts.rejected[found.reason] += 1
        else:
            yield found
    if num_source != num_target:
        raise InputError(
            f"{quoted(sides.source)} has {num_source:,} lines, "
            f"{quoted(sides.target)} has {num_target:,}",
            remedy="Line n of one file must be the translation of line n of the other",
        )


def _pair(
    source: str | Rejected, target: str | Rejected, split: str, counts: ImportCounts
) -> Pair | Rejected:
    """Return the pair of two lines, or the reason why they cannot be used."""
    if isinstance(source, Rejected):
        return source
    if isinstance(target, Rejected):
        return target
    if not source.strip() and not target.strip():
        return Rejected("blank")
    if "\t" in source or "\t" in target:
        counts.repaired["tab inside"] += 1
        source, target = source.replace("\t", " "), target.replace("\t", " ")
    return Pair(source=source, target=target, split=split)


def _language(path: Path, corpus: CorpusFiles) -> str:
    """Return the language code at the end of the file name; empty if there is none."""
    ending = _without_gz(path).suffix.removeprefix(".").replace("_", "-").lower()
    for code in (corpus.source, corpus.target):
        if ending == code.lower():
            return code
    return ""


def _stem(path: Path) -> Path:
    """Return the path without language code and .gz."""
    return _without_gz(path).with_suffix("")


def _without_gz(path: Path) -> Path:
    """Return the path without .gz."""
    return path.with_suffix("") if path.suffix.lower() == ".gz" else path
