"""The cost of sampling this host: our sampler, with its database, against Glances writing CSV.

Each program runs as a process of its own with a sample every two seconds. All run at the same time,
so that other load on the machine affects all of them. After a warm-up, the CPU times of the
processes and their children are compared. The programs do not do identical work: ours writes every
sample with rollups to a database; Glances lists all processes each time and writes a CSV file. The
CPU time of one scrape of /metrics is measured in this process.

Run: python -P benchmarks/sampler.py [SECONDS]
"""

import importlib.util
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.command import Process, module_argv, start
from core.settings import SamplerSettings
from monitors.exposition.metrics import render_metrics
from monitors.sampling.sampler import sample_once

INTERVAL_S = 2.0
WARM_UP_S = 8.0
SECONDS = 60.0
TARGET_SHARE = 0.01
LIGHT = {"OMP_NUM_THREADS": "1", "DATAHALL_SAMPLER_PORT": "0"}
OURS = "datahall monitor"
THEIRS = "glances --export csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """The cost of one program; `share` is of one core."""

    program: str
    cpu_seconds: float
    milliseconds_per_tick: float
    share: float
    memory_mib: float


def measure(seconds: float = SECONDS) -> Sequence[CostRow]:
    """Run all programs at the same time and return the cost of each."""
    with tempfile.TemporaryDirectory() as folder, _running(_programs(Path(folder))) as children:
        time.sleep(WARM_UP_S)
        before = {name: _cpu_seconds(child) for name, child in children.items()}
        time.sleep(seconds)
        spent = {name: _cpu_seconds(child) - before[name] for name, child in children.items()}
        memory = {name: _memory_mib(child) for name, child in children.items()}
    return [
        CostRow(
            program=name,
            cpu_seconds=used,
            milliseconds_per_tick=1000 * used / (seconds / INTERVAL_S),
            share=used / seconds,
            memory_mib=memory[name],
        )
        for name, used in spent.items()
    ]


def main() -> int:
    """Print the table and whether the target is reached; return 1 when it is missed."""
    rows = measure(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
    ours = rows[0]
    print(f"one sample every {INTERVAL_S:g} s, {len(psutil.pids())} processes on this host")
    print(f"{'program':<34}{'CPU s':>8}{'ms/tick':>10}{'of a core':>11}{'RSS MiB':>9}{'ratio':>8}")
    for row in rows:
        ratio = row.cpu_seconds / ours.cpu_seconds
        print(
            f"{row.program:<34}{row.cpu_seconds:>8.2f}{row.milliseconds_per_tick:>10.1f}"
            f"{row.share:>11.2%}{row.memory_mib:>9.0f}{ratio:>7.1f}x"
        )
    print(f"one scrape of /metrics, 8 GPUs: {scrape_ms():.1f} ms of CPU time")
    is_reached = ours.share <= TARGET_SHARE
    verdict = "reached" if is_reached else "MISSED"
    print(f"target: {OURS} costs at most {TARGET_SHARE:.0%} of a core: {verdict}")
    if THEIRS not in {row.program for row in rows}:
        print("glances is not installed: ./setup.sh bench")
    return 0 if is_reached else 1


def scrape_ms(num_scrapes: int = 50) -> float:
    """Return the CPU milliseconds of one scrape of /metrics with eight simulated GPUs."""
    state = sample_once(SamplerSettings(), host="host", demo=True)
    began = time.process_time()
    for _ in range(num_scrapes):
        render_metrics(state, Path("/"))
    return 1000 * (time.process_time() - began) / num_scrapes


def _programs(folder: Path) -> Mapping[str, Sequence[str]]:
    """Return name -> argv, ours first."""
    interval = ("--interval", str(INTERVAL_S))
    programs: dict[str, Sequence[str]] = {
        OURS: module_argv("monitors", "--home", str(folder / "ours"), *interval),
        f"{OURS} --demo (8 GPUs)": module_argv(
            "monitors", "--home", str(folder / "demo"), *interval, "--demo"
        ),
    }
    if importlib.util.find_spec("glances"):
        csv = str(folder / "glances.csv")
        programs[THEIRS] = (
            *module_argv("glances", "-q", "-t", str(int(INTERVAL_S))),
            *("--export", "csv", "--export-csv-file", csv, "--disable-check-update"),
        )
    return programs


@contextmanager
def _running(programs: Mapping[str, Sequence[str]]) -> Iterator[Mapping[str, Process]]:
    """Start all programs, and terminate them at the end."""
    children = {name: start(argv, environment=LIGHT) for name, argv in programs.items()}
    try:
        yield children
    finally:
        for child in children.values():
            child.terminate()
        for child in children.values():
            child.wait()


def _cpu_seconds(child: Process) -> float:
    """Return the CPU seconds of a process and of its children that have ended."""
    times = psutil.Process(child.pid).cpu_times()
    return times.user + times.system + times.children_user + times.children_system


def _memory_mib(child: Process) -> float:
    """Return the main memory of a process."""
    return float(psutil.Process(child.pid).memory_info().rss) / 2**20


if __name__ == "__main__":
    sys.exit(main())
