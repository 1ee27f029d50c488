"""Records of parallel text: pairs, dataset versions, and reports of import and preparation."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SPLITS = ("train", "valid", "test")
DEFAULT_VOCABULARY = 8000  # subword pieces

# Token ids that every vocabulary reserves (SentencePiece: pad_id, unk_id, bos_id, eos_id).
PAD_ID, UNK_ID, BOS_ID, EOS_ID = 0, 1, 2, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A source segment and its translation; `split` is empty unless the import named one."""

    source: str
    target: str
    split: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCounts:
    """Lines by reason: `rejected` lines were left out, `repaired` lines were changed and kept."""

    rejected: Counter[str] = field(default_factory=Counter)
    repaired: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleReport:
    """The number of pairs that a cleaning rule dropped and changed, with a few examples."""

    rule: str
    description: str
    dropped: int
    changed: int
    examples: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareReport:
    """The result of preparing a version; `splits` maps a split to its number of pairs."""

    pairs_in: int
    pairs_out: int
    rules: tuple[RuleReport, ...]
    splits: Mapping[str, int]
    vocabulary_size: int
    prepared_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A version of a dataset: imported pairs under their digest.

    Attributes:
        name: the name of the dataset.
        digest: SHA-256 of languages and pairs.
        source: language code of the source side.
        target: language code of the target side.
        pairs: number of imported pairs.
        created_at: wall time of the import.
        folder: the folder of the version.
        origin: names of the imported files, or a note about generated text.
        report: the result of the preparation; None before the preparation.
        licence: the licence of the text.
        rejected: number of lines that the import left out, by reason.
        repaired: number of lines that the import changed, by reason.
        vocabulary: the requested number of pieces; 0 before it is prepared. The splits are the same
            for every vocabulary, so that runs with different vocabularies share them.
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
        """Folder of the prepared splits and the vocabularies."""
        return self.folder / "prepared"

    @property
    def vocabulary_file(self) -> Path:
        """The SentencePiece model shared by both sides."""
        return self.prepared / f"vocabulary-{self.vocabulary}.model"

    def split_file(self, split: str, language: str) -> Path:
        """One side of a prepared split, one segment per line."""
        return self.prepared / f"{split}.{language}"
