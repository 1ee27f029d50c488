"""The process collector on fake trees, and on this process."""

import os
from pathlib import Path

import psutil
import pytest

from core.clock import SystemClock
from monitors.collectors.process import ProcessCollector
from tests.clock import FixedClock
from tests.monitors.simulation import Tree

BOOT = {"proc/stat": "cpu 0\nbtime 1000\n"}
PAGE = os.sysconf("SC_PAGE_SIZE")
TICK = os.sysconf("SC_CLK_TCK")


def process(pid: int, *, name: str = "sh", ticks: int = 0, pages: int = 1) -> dict[str, str]:
    """Return the files of one process that started two seconds after boot."""
    fields = ["S", *["0"] * 10, str(ticks), "0", "0", "0", "20", "0", "3", "0", str(2 * TICK)]
    stat = f"{pid} ({name}) {' '.join(fields)} 0 {pages} 0\n"
    return {f"proc/{pid}/stat": stat, f"proc/{pid}/cmdline": "", f"proc/{pid}/environ": ""}


def test_top_processes_have_user_command_and_run(tree: Tree, clock: FixedClock) -> None:
    """The run is in the environment of the process."""
    root = tree({**BOOT, **process(7, pages=5)})
    tree(
        {
            "proc/7/cmdline": "python\0-m\0core.training\0",
            "proc/7/environ": "HOME=/root\0DATAHALL_RUN=r-12\0",
        }
    )
    collector = ProcessCollector(root, clock)
    collector.collect()
    tree(process(7, ticks=TICK, pages=5) | {"proc/7/cmdline": "python\0-m\0core.training\0"})
    clock.advance(4)

    collection = collector.collect()

    assert collection.processes is not None
    (one,) = collection.processes
    assert (one.pid, one.create_time, one.cpu_ratio) == (7, 1002.0, 0.25)
    assert (one.command, one.run, one.memory_bytes) == ("python -m core.training", "r-12", 5 * PAGE)
    assert one.user == (root / "proc/7").owner()


def test_the_busiest_and_the_largest_are_chosen(tree: Tree, clock: FixedClock) -> None:
    sleeping = {pid: process(pid) for pid in range(100, 300)}
    root = tree({**BOOT, **process(7), **process(8, pages=999)})
    for files in sleeping.values():
        tree(files)
    collector = ProcessCollector(root, clock)
    collector.collect()
    tree(process(7, ticks=50))
    clock.advance(1)

    collection = collector.collect()

    assert collection.processes is not None
    assert collection.processes[0].pid == 7
    assert 8 in {one.pid for one in collection.processes}
    assert len(collection.processes) <= 30
    counts = {one.gauge: one.value for one in collection.readings}
    assert (counts["process_count"], counts["process_threads"]) == (202, 606)


HOSTILE = [
    ("quotes ' \" and ) (", "x"),
    ("new\nline", "rm\0-rf\0/\n\x1b[31mred\x1b[0m\0"),
    ("\N{ROCKET}", "a\0" * 100_000),
    ("", "\udcff\udcfe"),
    ("\x1b]0;gone\x07\x1b[2J", ""),  # the name replaces a missing command line
]


@pytest.mark.parametrize(("name", "arguments"), HOSTILE)
def test_names_and_commands_contain_no_control_characters(
    tree: Tree, clock: FixedClock, name: str, arguments: str
) -> None:
    """A process may have any name, and a terminal executes escape codes."""
    root = tree({**BOOT, **process(7, name=name)})
    (root / "proc/7/cmdline").write_bytes(arguments.encode("utf-8", "surrogateescape"))
    (root / "proc/7/environ").write_bytes(b"DATAHALL_RUN=\x1b]0;\xff\0")

    collection = ProcessCollector(root, clock).collect()

    assert collection.processes is not None
    (one,) = collection.processes
    assert one.command.isprintable()
    assert len(one.command) <= 512
    one.command.encode()
    assert one.run is None or one.run.isprintable()


def test_a_process_that_ends_or_is_not_readable_is_no_failure(
    tree: Tree, clock: FixedClock
) -> None:
    """The environments of other users cannot be read."""
    root = tree({**BOOT, **process(7), "proc/8/other": "", "proc/9/stat": "9 (cut"})
    (root / "proc/7/environ").unlink()

    collection = ProcessCollector(root, clock).collect()

    assert collection.processes is not None
    assert [(one.pid, one.command, one.run) for one in collection.processes] == [(7, "[sh]", None)]


def test_identities_equal_those_of_psutil() -> None:
    """Jobs are identified by (pid, create_time) through psutil."""
    collection = ProcessCollector(Path("/"), SystemClock()).collect()

    assert collection.processes
    known = {one.pid: one for one in psutil.process_iter(["create_time", "username"])}
    compared = [(one, known[one.pid]) for one in collection.processes if one.pid in known]
    assert compared
    for ours, theirs in compared:
        assert ours.create_time == pytest.approx(theirs.create_time(), abs=0.011)
