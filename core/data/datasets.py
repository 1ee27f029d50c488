"""The store of dataset versions: `NAME/DIGEST/`. The files are the only record of a version."""

import contextlib
import difflib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from core.clock import Clock
from core.data.records import SPLITS, Dataset, ImportCounts, Pair
from core.data.scratch import move_into_place, scratch_folder
from core.data.version_files import (
    MANIFEST_NAME,
    PairSummary,
    digest_pairs,
    manifest_document,
    read_manifest,
    read_pairs,
    read_preparation,
    write_pairs,
)
from core.errors import ConflictError, CorruptError, DatahallError, InputError, NotFoundError
from core.files import digest_file, write_json
from core.locks import held
from core.text import check_name, parse_languages

_MIN_PREFIX = 4  # characters of a digest that select a version


class DatasetStore:
    """Versions below a folder. Safe for several processes; a version appears atomically."""

    def __init__(self, root: Path) -> None:
        """Use the folder, which is created by the first import."""
        self._root = root

    def list(self) -> Sequence[Dataset]:
        """Return every version, newest first, without damaged ones (see `damaged`)."""
        return self._read()[0]

    def damaged(self) -> Sequence[CorruptError]:
        """Return one error for each version whose manifest cannot be read."""
        return tuple(self._read()[1].values())

    def get(self, name: str, digest: str | None = None) -> Dataset:
        """Return the version with this digest, or prefix of one; by default the newest version.

        Raises NotFoundError with close matches, ConflictError when the prefix matches several
        versions, and CorruptError when the manifest of the version is damaged.
        """
        versions = [dataset for dataset in self.list() if dataset.name == name]
        if digest is None and versions:
            return versions[0]
        if digest is not None:
            matching = [dataset for dataset in versions if dataset.digest.startswith(digest)]
            if len(matching) > 1:
                raise ConflictError(
                    f"{digest!r} matches {len(matching)} versions of {name}",
                    remedy="Give more characters of the digest",
                )
            if matching and len(digest) >= _MIN_PREFIX:
                return matching[0]
        raise self._not_found(name, digest)

    def add(  # noqa: PLR0913  (the fields of a version)
        self,
        name: str,
        source: str,
        target: str,
        pairs: Iterable[Pair],
        *,
        origin: str,
        licence: str = "",
        clock: Clock,
        counts: ImportCounts | None = None,
    ) -> Dataset:
        """Store the pairs as a version and return it; equal content gives the same version.

        `counts` is read after the last pair. Raises InputError when there are no pairs to train
        on. An error, or a killed process, leaves the store unchanged.
        """
        check_name(name, kind="dataset")
        source, target = parse_languages(source, target)
        home = self._root / name
        is_new = not home.exists()
        try:
            with scratch_folder(home) as folder:
                written = write_pairs(folder / "pairs.tsv.gz", source, target, pairs)
                counts = counts or ImportCounts()
                _check_content(written, counts)
                dataset = Dataset(
                    name=name, digest=written.digest, source=source, target=target,
                    pairs=written.pairs, created_at=clock.now(), folder=home / written.digest,
                    origin=origin, licence=licence, rejected=dict(counts.rejected),
                    repaired=dict(counts.repaired),
                )  # fmt: skip
                write_json(folder / MANIFEST_NAME, manifest_document(dataset))
                return self._publish(folder, dataset)
        finally:
            if is_new:
                with contextlib.suppress(OSError):
                    home.rmdir()

    def examples(self, dataset: Dataset, number: int, split: str = "") -> Sequence[Pair]:
        """Return pairs at equal distances in the imported text, or in a prepared split."""
        total = dataset.pairs
        pairs = read_pairs(dataset.raw_file)
        if split:
            pairs = self.split_pairs(dataset, split)
            total = dict(dataset.report.splits).get(split, 0) if dataset.report else 0
        step = max(1, total // max(1, number))
        return tuple(itertools.islice(pairs, 0, step * number, step))

    def split_pairs(self, dataset: Dataset, split: str) -> Iterator[Pair]:
        """Yield the pairs of a prepared split; raises NotFoundError if it is not prepared."""
        if split not in SPLITS:
            raise InputError(f"unknown split {split!r}", remedy="Splits: " + ", ".join(SPLITS))
        if dataset.report is None:
            raise NotFoundError(
                f"{dataset.name} {dataset.digest[:12]} is not prepared",
                remedy=f'Run "datahall data prepare {dataset.name}"',
            )
        return _read_sides(
            dataset.split_file(split, dataset.source), dataset.split_file(split, dataset.target)
        )

    def verify(self, dataset: Dataset) -> None:
        """Raise CorruptError unless the files are those that were imported and prepared."""
        read_manifest(dataset.folder)
        found = digest_pairs(dataset.raw_file, dataset.source, dataset.target)
        if (found.digest, found.pairs) != (dataset.digest, dataset.pairs):
            raise CorruptError(
                f"{dataset.raw_file} was changed after the import (digest {found.digest[:12]})",
                remedy='Restore it from a snapshot: see "datahall backup list"',
            )
        prepared = read_preparation(dataset.prepared)
        for name, digest in (prepared.files if prepared else {}).items():
            path = dataset.prepared / name
            if not path.is_file() or digest_file(path) != digest:
                raise CorruptError(
                    f"{path} is missing or was changed",
                    remedy=f'Prepare it again: "datahall data prepare {dataset.name}"',
                )

    def delete(self, name: str, digest: str) -> None:
        """Remove a version, which may be damaged; raises NotFoundError."""
        found, damaged = self._read()
        folders = [*(dataset.folder for dataset in found), *damaged]
        exact = [item for item in folders if (item.parent.name, item.name) == (name, digest)]
        removed = exact[0] if exact else self.get(name, digest).folder
        home = removed.parent
        with scratch_folder(home) as folder:
            removed.rename(folder / removed.name)
        (home / f".{removed.name}.lock").unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            home.rmdir()

    def _publish(self, folder: Path, dataset: Dataset) -> Dataset:
        """Move a new version into place; return an intact one of equal content instead."""
        with held(self._root / ".lock"):
            with contextlib.suppress(CorruptError):
                kept = read_manifest(dataset.folder)
                self.verify(kept)
                return kept
            with scratch_folder(dataset.folder.parent) as old:
                if dataset.folder.exists():
                    dataset.folder.rename(old / dataset.digest)
                move_into_place(folder, dataset.folder)
            return dataset

    def _read(self) -> tuple[Sequence[Dataset], Mapping[Path, CorruptError]]:
        """Return the versions, newest first, and the error of each damaged one by its folder."""
        found: list[Dataset] = []
        damaged: dict[Path, CorruptError] = {}
        for folder in self._root.glob("*/*/"):
            if folder.name.startswith("."):
                continue
            try:
                found.append(read_manifest(folder))
            except CorruptError as error:
                damaged[folder] = error
        return sorted(found, key=lambda dataset: (-dataset.created_at, dataset.name)), damaged

    def _not_found(self, name: str, digest: str | None) -> DatahallError:
        """Return the error for a version that is not in the store, or is damaged."""
        found, damaged = self._read()
        for folder, error in damaged.items():
            if folder.parent.name == name and folder.name.startswith(digest or ""):
                return error
        names = sorted({dataset.name for dataset in found})
        if name in names:
            versions = [item.digest[:12] for item in found if item.name == name]
            return NotFoundError(
                f"dataset {name} has no version {digest!r}",
                remedy="Versions, newest first: " + ", ".join(versions),
            )
        close = difflib.get_close_matches(name, names)
        others = f"Did you mean {' or '.join(close)}?" if close else "Datasets: " + ", ".join(names)
        return NotFoundError(
            f"there is no dataset {name!r}",
            remedy=others if names else 'Create the demo dataset: "datahall data demo"',
        )


def _check_content(written: PairSummary, counts: ImportCounts) -> None:
    """Raise InputError when there are no pairs to train on."""
    reasons = ", ".join(f"{number:,} {reason}" for reason, number in counts.rejected.items())
    if not written.pairs:
        raise InputError(
            "the corpus is empty: no line contains a pair" + (f" ({reasons})" if reasons else "")
        )
    if not written.splits["train"] and not written.splits[""]:
        raise InputError(
            "all pairs belong to the validation or test split, none to the training split",
            remedy="Add the training file, or import one single file, which is split automatically",
        )


def _read_sides(source: Path, target: Path) -> Iterator[Pair]:
    """Yield the pairs of two prepared files."""
    with (
        source.open(encoding="utf-8", newline="\n") as sources,
        target.open(encoding="utf-8", newline="\n") as targets,
    ):
        for left, right in zip(sources, targets, strict=True):
            yield Pair(source=left.rstrip("\n"), target=right.rstrip("\n"))
