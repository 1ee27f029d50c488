"""Moses pairs: two files of equal length, one per language (`train.en`, `train.es`)."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.data.formats.format import CorpusFiles, split_of
from core.data.formats.lines import Rejected, read_lines
from core.data.records import Pair
from core.data.tally import Tally
from core.errors import InputError
from core.text import quoted

_TWO = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sides:
    """The two files of one part of the corpus."""

    source: Path
    target: Path
    split: str


class MosesFormat:
    """Line n of one file translates line n of the other."""

    name = "moses"

    def claims(self, corpus: CorpusFiles) -> bool:
        """Return whether every file name ends in one of the languages (before .gz)."""
        return all(_language(path, corpus) for path in corpus.files)

    def read(self, corpus: CorpusFiles, tally: Tally) -> Iterator[Pair]:
        """Yield the pairs; raises InputError when two files differ in length."""
        for sides in _plan(corpus):
            yield from _zip(sides, tally)


def _plan(corpus: CorpusFiles) -> Sequence[_Sides]:
    """Return which files belong together; two without language endings are source, target."""
    named = {path: _language(path, corpus) for path in corpus.files}
    if len(named) == _TWO and not any(named.values()):
        return [_Sides(source=corpus.files[0], target=corpus.files[1], split="")]
    stems: dict[Path, dict[str, Path]] = {}
    for path, language in named.items():
        if not language:
            raise InputError(
                f"{quoted(path)} names neither language",
                remedy=f"Moses files end in .{corpus.source} and .{corpus.target} (or .gz after)",
            )
        kept = stems.setdefault(_stem(path), {}).setdefault(language, path)
        if kept != path:
            raise InputError(
                f"{quoted(kept)} and {quoted(path)} are the same side of the corpus",
                remedy="Give one of them",
            )
    plan = []
    for stem, sides in stems.items():
        missing = {corpus.source, corpus.target} - sides.keys()
        if missing:
            raise InputError(f"{quoted(stem)}.{missing.pop()} is missing: it has no partner")
        split = split_of(stem.name) if len(stems) > 1 else ""
        plan.append(_Sides(source=sides[corpus.source], target=sides[corpus.target], split=split))
    return plan


def _zip(sides: _Sides, tally: Tally) -> Iterator[Pair]:
    """Yield the pairs of two files, reading both to their ends."""
    counts = [0, 0]
    lines = itertools.zip_longest(read_lines(sides.source, tally), read_lines(sides.target, tally))
    for source, target in lines:
        counts[0] += source is not None
        counts[1] += target is not None
        if source is None or target is None:
            continue
        found = _pair(source, target, sides.split, tally)
        if isinstance(found, Rejected):
            tally.rejected[found.reason] += 1
        else:
            yield found
    if counts[0] != counts[1]:
        raise InputError(
            f"{quoted(sides.source)} has {counts[0]:,} lines, "
            f"{quoted(sides.target)} has {counts[1]:,}",
            remedy="Line n of one must translate line n of the other",
        )


def _pair(
    source: str | Rejected, target: str | Rejected, split: str, tally: Tally
) -> Pair | Rejected:
    """Return the pair of two lines, or why there is none."""
    if isinstance(source, Rejected):
        return source
    if isinstance(target, Rejected):
        return target
    if not source.strip() and not target.strip():
        return Rejected("blank")
    if "\t" in source or "\t" in target:
        tally.repaired["tab inside"] += 1
        source, target = source.replace("\t", " "), target.replace("\t", " ")
    return Pair(source=source, target=target, split=split)


def _language(path: Path, corpus: CorpusFiles) -> str:
    """Return which language the file's last ending names, or nothing."""
    ending = _without_gz(path).suffix.removeprefix(".").replace("_", "-").lower()
    for code in (corpus.source, corpus.target):
        if ending == code.lower():
            return code
    return ""


def _stem(path: Path) -> Path:
    """Return the path without language and .gz."""
    return _without_gz(path).with_suffix("")


def _without_gz(path: Path) -> Path:
    """Return the path without .gz."""
    return path.with_suffix("") if path.suffix.lower() == ".gz" else path
