"""Prepared splits as ids, ready for batching."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.data.batching import Length
from core.data.records import EOS_ID, Dataset
from core.data.tokenizer import Tokenizer
from core.errors import CorruptError


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedSplit:
    """A split in ids; both sides end with EOS and have no BOS.

    `lines` are the line numbers (from 0) in the split's files; `skipped` counts the pairs left
    out because a side is longer than the limit.
    """

    sources: Sequence[Sequence[int]]
    targets: Sequence[Sequence[int]]
    lines: Sequence[int]
    skipped: int

    @property
    def lengths(self) -> Sequence[Length]:
        """Tokens of each pair's sides, end included."""
        return [
            Length(len(source), len(target))
            for source, target in zip(self.sources, self.targets, strict=True)
        ]


def load_split(dataset: Dataset, split: str, tokenizer: Tokenizer, max_tokens: int) -> EncodedSplit:
    """Return a prepared split in ids, without pairs that have a side above `max_tokens`.

    The end counts. Raises CorruptError when the split's files are missing or do not match.
    """
    sides = [
        read_segments(dataset.split_file(split, language))
        for language in (dataset.source, dataset.target)
    ]
    if len(sides[0]) != len(sides[1]):
        raise CorruptError(
            f"{split} has {len(sides[0])} source and {len(sides[1])} target lines",
            remedy="Prepare the dataset again",
        )
    sources, targets = (tokenizer.encode_all(side) for side in sides)
    kept = [
        line
        for line, pair in enumerate(zip(sources, targets, strict=True))
        if max(map(len, pair)) < max_tokens
    ]
    return EncodedSplit(
        sources=[[*sources[line], EOS_ID] for line in kept],
        targets=[[*targets[line], EOS_ID] for line in kept],
        lines=kept,
        skipped=len(sources) - len(kept),
    )


def read_segments(path: Path) -> list[str]:
    """Return the segments of one side of a prepared split; raises CorruptError."""
    try:
        with path.open(encoding="utf-8", newline="\n") as stream:
            return [line.rstrip("\n") for line in stream]
    except (OSError, UnicodeDecodeError) as error:
        raise CorruptError(
            f"{path} cannot be read: {error}", remedy="Prepare the dataset again"
        ) from error
