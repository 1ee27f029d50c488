"""Records of parallel text. One word each: pair, segment (one side), split, dataset, version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SPLITS = ("train", "valid", "test")

# Token ids that every vocabulary reserves (SentencePiece: pad_id, unk_id, bos_id, eos_id).
PAD_ID, UNK_ID, BOS_ID, EOS_ID = 0, 1, 2, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A source segment and its translation; `split` is set when the importer was told it."""

    source: str
    target: str
    split: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleReport:
    """What one cleaning rule did: how many pairs it dropped or changed, with a few examples."""

    rule: str
    description: str
    dropped: int
    changed: int
    examples: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareReport:
    """What preparing a version did. `splits` maps split -> pairs."""

    pairs_in: int
    pairs_out: int
    rules: tuple[RuleReport, ...]
    splits: Mapping[str, int]
    vocabulary_size: int
    prepared_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A version of a dataset: imported pairs under their digest; `report` once it was prepared.

    `rejected` and `repaired` count the lines that the import left out or had to mend, by reason.
    `vocabulary` is the number of pieces that was asked for, 0 before it was prepared: the splits
    are the same for every vocabulary, so that runs with different ones share them.
    """

    name: str
    digest: str
    source: str
    target: str
    pairs: int
    created_at: float
    folder: Path
    origin: str
    report: PrepareReport | None = None
    licence: str = ""
    rejected: Mapping[str, int] = field(default_factory=dict)
    repaired: Mapping[str, int] = field(default_factory=dict)
    vocabulary: int = 0

    @property
    def raw_file(self) -> Path:
        """The imported pairs: `source TAB target TAB split`, UTF-8, gzip."""
        return self.folder / "pairs.tsv.gz"

    @property
    def prepared(self) -> Path:
        """Folder of the prepared splits and the vocabulary."""
        return self.folder / "prepared"

    @property
    def vocabulary_file(self) -> Path:
        """The SentencePiece model shared by both sides."""
        return self.prepared / f"vocabulary-{self.vocabulary}.model"

    def split_file(self, split: str, language: str) -> Path:
        """One side of a prepared split, one segment a line."""
        return self.prepared / f"{split}.{language}"
