"""Locks between processes: held by an open file, so that a killed holder leaves none behind."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_PAUSE_S = 0.2


@contextmanager
def held(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the lock `path`, waiting for its turn; `on_wait` is called while it has not come."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as stream:
        while True:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                on_wait()
                time.sleep(_PAUSE_S)
        yield
