"""A process that appends ticks until it is killed (see test_sqlite.py)."""

import sys
from itertools import count
from pathlib import Path

from monitors.collector import HostState, Reading
from monitors.store.sqlite import SqliteTelemetryStore

START = 1_700_002_800.0


def main() -> None:
    """Append until killed."""
    store = SqliteTelemetryStore(Path(sys.argv[1]), writable=True)
    for index in count():
        readings = (Reading(gauge="load", device="", value=float(index)),)
        at = START + 2 * index
        store.append(
            HostState(
                host="h", at=at, interval_s=2, readings=readings, facts=(), processes=(),
                collectors=(),
            )
        )  # fmt: skip


if __name__ == "__main__":
    main()
