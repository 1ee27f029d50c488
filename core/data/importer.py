"""Import: turn files of parallel text into a dataset version."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from core.clock import Clock
from core.data.datasets import DatasetStore
from core.data.formats.format import CorpusFiles, CorpusFormat
from core.data.formats.lines import check_file
from core.data.formats.moses import MosesFormat
from core.data.formats.tsv import TsvFormat
from core.data.records import Dataset, ImportCounts, Pair
from core.errors import InputError
from core.text import check_name, parse_languages, quoted

AUTO = "auto"
FORMATS: Mapping[str, CorpusFormat] = {form.name: form for form in (MosesFormat(), TsvFormat())}
_REPORT_EVERY = 5000

OnPairs = Callable[[int], None]


def import_files(  # noqa: PLR0913  (the arguments of `datahall data import`)
    store: DatasetStore,
    name: str,
    files: Sequence[Path],
    *,
    source: str,
    target: str,
    form: str = AUTO,
    clock: Clock,
    licence: str = "",
    on_progress: OnPairs | None = None,
) -> Dataset:
    """Import files as a version of dataset `name`; equal content gives the same version.

    Raises InputError when the files cannot be used; the store is then unchanged. `on_progress`
    receives the number of pairs read so far.
    """
    check_name(name, kind="dataset")
    source, target = parse_languages(source, target)
    corpus = CorpusFiles(files=tuple(dict.fromkeys(files)), source=source, target=target)
    chosen = choose_format(corpus, form)
    counts = ImportCounts()
    pairs = report_progress(chosen.read(corpus, counts), on_progress)
    names = (quoted(Path(path.name)) for path in corpus.files)
    return store.add(
        name, source, target, pairs,
        origin=", ".join(names), licence=licence, clock=clock, counts=counts,
    )  # fmt: skip


def choose_format(corpus: CorpusFiles, form: str) -> CorpusFormat:
    """Return the format called `form`, or with `auto` the first that matches the files.

    Raises InputError.
    """
    if not corpus.files:
        raise InputError("no files to import", remedy="Name one TSV file, or two Moses files")
    for path in corpus.files:
        check_file(path)
    if form == AUTO:
        for candidate in FORMATS.values():
            if candidate.matches(corpus):
                return candidate
        raise InputError(
            f"the format of {quoted(corpus.files[0])} is not known",
            remedy=f"Choose one with --format ({', '.join(FORMATS)}), or give lines of "
            f"source TAB target, or two files ending in .{corpus.source} and .{corpus.target}",
        )
    if form not in FORMATS:
        raise InputError(
            f"unknown format {form!r}", remedy=f"Formats: {AUTO}, {', '.join(FORMATS)}"
        )
    return FORMATS[form]


def report_progress(pairs: Iterable[Pair], on_progress: OnPairs | None) -> Iterator[Pair]:
    """Yield the pairs and report their number after every 5000."""
    for number, pair in enumerate(pairs, start=1):
        if on_progress is not None and number % _REPORT_EVERY == 0:
            on_progress(number)
        yield pair
