"""Import: files of parallel text become a dataset version, or nothing at all."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from core.clock import Clock
from core.data.datasets import DatasetStore
from core.data.formats.catalog import FORMATS
from core.data.formats.format import CorpusFiles, CorpusFormat
from core.data.formats.lines import check_file
from core.data.names import check_name
from core.data.records import Dataset, Pair
from core.data.tally import Tally
from core.errors import InputError
from core.text import parse_languages, quoted

AUTO = "auto"
_REPORT_EVERY = 5000

OnCount = Callable[[int], None]


def import_files(  # noqa: PLR0913  (what the user typed)
    store: DatasetStore,
    name: str,
    files: Sequence[Path],
    *,
    source: str,
    target: str,
    form: str = AUTO,
    clock: Clock,
    licence: str = "",
    on_progress: OnCount | None = None,
) -> Dataset:
    """Import files as a version of dataset `name`; the same content gives the same version.

    Raises InputError when the input cannot be used; then nothing was changed. `on_progress` is
    told the pairs read so far.
    """
    check_name(name)
    source, target = parse_languages(source, target)
    corpus = CorpusFiles(files=tuple(dict.fromkeys(files)), source=source, target=target)
    chosen = choose_format(corpus, form)
    tally = Tally()
    pairs = counted(chosen.read(corpus, tally), on_progress)
    names = (quoted(Path(path.name)) for path in corpus.files)
    return store.add(
        name, source, target, pairs,
        origin=", ".join(names), licence=licence, clock=clock, tally=tally,
    )  # fmt: skip


def choose_format(corpus: CorpusFiles, form: str) -> CorpusFormat:
    """Return the format named, or the first that claims the files; raises InputError."""
    if not corpus.files:
        raise InputError("no files were named")
    for path in corpus.files:
        check_file(path)
    if form == AUTO:
        for candidate in FORMATS.values():
            if candidate.claims(corpus):
                return candidate
        raise InputError(
            f"{quoted(corpus.files[0])} is no format known here",
            remedy=f"Name it with --format ({', '.join(FORMATS)}), or give lines of "
            f"source TAB target, or two files ending in .{corpus.source} and .{corpus.target}",
        )
    if form not in FORMATS:
        raise InputError(
            f"unknown format {form!r}", remedy=f"Formats: {AUTO}, {', '.join(FORMATS)}"
        )
    return FORMATS[form]


def counted(pairs: Iterable[Pair], on_progress: OnCount | None) -> Iterator[Pair]:
    """Yield the pairs and tell how many there were now and then."""
    for number, pair in enumerate(pairs, start=1):
        if on_progress is not None and number % _REPORT_EVERY == 0:
            on_progress(number)
        yield pair
