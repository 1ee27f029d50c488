"""The store of dataset versions: `NAME/DIGEST/`, files as the only truth."""

import contextlib
import difflib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from core.clock import Clock
from core.data.documents import MANIFEST_NAME, manifest_document, read_manifest, read_preparation
from core.data.names import check_name
from core.data.pairs import Written, digest_pairs, read_pairs, write_pairs
from core.data.records import SPLITS, Dataset, Pair
from core.data.scratch import scratch_folder, settle
from core.data.tally import Tally
from core.errors import ConflictError, CorruptError, DatahallError, InputError, NotFoundError
from core.files import digest_file, write_json
from core.locks import held
from core.text import parse_languages

_LEAST_PREFIX = 4


class DatasetStore:
    """Versions below a folder. Several processes may use one at once; versions appear whole."""

    def __init__(self, root: Path) -> None:
        """Use the folder, which need not exist yet."""
        self._root = root

    def list(self) -> Sequence[Dataset]:
        """Return every version, newest first; damaged ones are left out (see `damaged`)."""
        return self._read()[0]

    def damaged(self) -> Sequence[CorruptError]:
        """Return what is wrong with the versions whose manifest cannot be read."""
        return tuple(self._read()[1].values())

    def get(self, name: str, digest: str | None = None) -> Dataset:
        """Return a version by digest or its first characters; without, the newest.

        Raises NotFoundError with close matches, ConflictError when a prefix fits several, and
        CorruptError when the version is here but its manifest is damaged.
        """
        versions = [dataset for dataset in self.list() if dataset.name == name]
        if digest is None and versions:
            return versions[0]
        if digest is not None:
            fitting = [dataset for dataset in versions if dataset.digest.startswith(digest)]
            if len(fitting) > 1:
                raise ConflictError(f"{digest!r} fits {len(fitting)} versions of {name}")
            if fitting and len(digest) >= _LEAST_PREFIX:
                return fitting[0]
        raise self._absence(name, digest)

    def add(  # noqa: PLR0913  (what a version is made of)
        self,
        name: str,
        source: str,
        target: str,
        pairs: Iterable[Pair],
        *,
        origin: str,
        licence: str = "",
        clock: Clock,
        tally: Tally | None = None,
    ) -> Dataset:
        """Keep the pairs as a version and return it; the same content is the same version.

        `tally` is read after the last pair. Raises InputError when there are no pairs to train
        on; an error or a kill on the way leaves nothing behind.
        """
        check_name(name)
        source, target = parse_languages(source, target)
        home = self._root / name
        is_new = not home.exists()
        try:
            with scratch_folder(home) as folder:
                written = write_pairs(folder / "pairs.tsv.gz", source, target, pairs)
                counted = tally or Tally()
                _check_content(written, counted)
                dataset = Dataset(
                    name=name, digest=written.digest, source=source, target=target,
                    pairs=written.pairs, created_at=clock.now(), folder=home / written.digest,
                    origin=origin, licence=licence, rejected=dict(counted.rejected),
                    repaired=dict(counted.repaired),
                )  # fmt: skip
                write_json(folder / MANIFEST_NAME, manifest_document(dataset))
                return self._place(folder, dataset)
        finally:
            if is_new:
                with contextlib.suppress(OSError):
                    home.rmdir()

    def examples(self, dataset: Dataset, number: int, split: str = "") -> Sequence[Pair]:
        """Return pairs spread evenly over the imported text, or over a prepared split."""
        total = dataset.pairs
        pairs = read_pairs(dataset.raw_file)
        if split:
            pairs = self.split_pairs(dataset, split)
            total = dict(dataset.report.splits).get(split, 0) if dataset.report else 0
        step = max(1, total // max(1, number))
        return tuple(itertools.islice(pairs, 0, step * number, step))

    def split_pairs(self, dataset: Dataset, split: str) -> Iterator[Pair]:
        """Yield the pairs of a prepared split; raises NotFoundError when it is not prepared."""
        if split not in SPLITS:
            raise InputError(f"unknown split {split!r}", remedy="Splits: " + ", ".join(SPLITS))
        if dataset.report is None:
            raise NotFoundError(
                f"{dataset.name} {dataset.digest[:12]} is not prepared",
                remedy=f'Run "datahall data prepare {dataset.name}"',
            )
        return _zip_sides(
            dataset.split_file(split, dataset.source), dataset.split_file(split, dataset.target)
        )

    def verify(self, dataset: Dataset) -> None:
        """Raise CorruptError unless the version's bytes are what was imported and prepared."""
        read_manifest(dataset.folder)
        held = digest_pairs(dataset.raw_file, dataset.source, dataset.target)
        if (held.digest, held.pairs) != (dataset.digest, dataset.pairs):
            raise CorruptError(
                f"{dataset.raw_file} is not what was imported: its digest is {held.digest[:12]}",
                remedy="Restore it from a snapshot",
            )
        prepared = read_preparation(dataset.prepared)
        for name, digest in (prepared.files if prepared else {}).items():
            path = dataset.prepared / name
            if not path.is_file() or digest_file(path) != digest:
                raise CorruptError(f"{path} is not what was prepared", remedy="Prepare again")

    def delete(self, name: str, digest: str) -> None:
        """Remove a version, a damaged one too; raises NotFoundError."""
        found, wrong = self._read()
        places = [*(dataset.folder for dataset in found), *wrong]
        exact = [place for place in places if (place.parent.name, place.name) == (name, digest)]
        place = exact[0] if exact else self.get(name, digest).folder
        home = place.parent
        with scratch_folder(home) as folder:
            place.rename(folder / place.name)
        (home / f".{place.name}.lock").unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            home.rmdir()

    def _place(self, folder: Path, dataset: Dataset) -> Dataset:
        """Move a new version into place; an intact one of the same content stays instead."""
        with held(self._root / ".lock"):
            with contextlib.suppress(CorruptError):
                kept = read_manifest(dataset.folder)
                self.verify(kept)
                return kept
            with scratch_folder(dataset.folder.parent) as old:
                if dataset.folder.exists():
                    dataset.folder.rename(old / dataset.digest)
                settle(folder, dataset.folder)
            return dataset

    def _read(self) -> tuple[Sequence[Dataset], Mapping[Path, CorruptError]]:
        """Return the versions, newest first, and what is wrong with the others by folder."""
        found: list[Dataset] = []
        wrong: dict[Path, CorruptError] = {}
        for folder in self._root.glob("*/*/"):
            if folder.name.startswith("."):
                continue
            try:
                found.append(read_manifest(folder))
            except CorruptError as error:
                wrong[folder] = error
        return sorted(found, key=lambda dataset: (-dataset.created_at, dataset.name)), wrong

    def _absence(self, name: str, digest: str | None) -> DatahallError:
        """Return what says best why a version is not here."""
        found, wrong = self._read()
        for folder, error in wrong.items():
            if folder.parent.name == name and folder.name.startswith(digest or ""):
                return error
        names = sorted({dataset.name for dataset in found})
        if name in names:
            versions = [it.digest[:12] for it in found if it.name == name]
            return NotFoundError(
                f"dataset {name} has no version {digest!r}",
                remedy="Versions, newest first: " + ", ".join(versions),
            )
        close = difflib.get_close_matches(name, names)
        hint = f"Did you mean {' or '.join(close)}?" if close else "Datasets: " + ", ".join(names)
        return NotFoundError(
            f"there is no dataset {name!r}",
            remedy=hint if names else 'There are none yet; "datahall data demo" makes one',
        )


def _check_content(written: Written, tally: Tally) -> None:
    """Raise InputError when there is nothing to train on."""
    reasons = ", ".join(f"{number:,} {reason}" for reason, number in tally.rejected.items())
    if not written.pairs:
        raise InputError(
            "the corpus is empty: no line holds a pair" + (f" ({reasons})" if reasons else "")
        )
    if not written.splits["train"] and not written.splits[""]:
        raise InputError(
            "all pairs are for validation or test, none for training",
            remedy="Add the training file, or import a single file to have it split",
        )


def _zip_sides(source: Path, target: Path) -> Iterator[Pair]:
    """Yield the pairs of two prepared files."""
    with (
        source.open(encoding="utf-8", newline="\n") as mine,
        target.open(encoding="utf-8", newline="\n") as theirs,
    ):
        for left, right in zip(mine, theirs, strict=True):
            yield Pair(source=left.rstrip("\n"), target=right.rstrip("\n"))
