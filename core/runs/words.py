"""What is said about runs that are missing or cannot be stored."""

import difflib
from collections.abc import Sequence

from core.errors import InputError, NotFoundError
from core.runs.records import RunSpec
from core.text import check_storable


def missing_run(word: str, names: Sequence[str]) -> NotFoundError:
    """Return the error for a run that is not there; it names the closest of `names`."""
    close = difflib.get_close_matches(word, names, n=3, cutoff=0.5)
    remedy = "Did you mean " + " or ".join(close) + "?" if close else "See: datahall runs list"
    return NotFoundError(f"there is no run {word!r}", remedy=remedy)


def check_spec(run_id: str, spec: RunSpec) -> None:
    """Raise InputError when a text of the run cannot be stored in every database."""
    for text in (run_id, spec.name, spec.dataset, spec.waiver or ""):
        check_storable(text)
    if not run_id or not spec.name.strip():
        raise InputError("a run needs a name")
