"""Processes by identity."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator

import psutil
import pytest

from core.command import Process, start
from core.jobs.processes import (
    Identity,
    boot_id,
    descendants,
    identify,
    identify_child,
    is_alive,
    send,
    variable_of,
    with_variable,
)
from tests.core.jobs.conftest import until


@pytest.fixture
def sleeper() -> Iterator[Process]:
    """A process with a child, and a variable that names it."""
    process = start(("/bin/sh", "-c", "sleep 60 & wait"), environment={"WHO_IS_IT": "café = 1"})
    yield process
    with contextlib.suppress(ProcessLookupError):  # a test may have ended it
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def nobody_is_foreign(_pid: int) -> bool:
    """Return False."""
    return False


def test_a_process_has_one_identity(sleeper: Process) -> None:
    """It stays the same as long as the process lives."""
    identity = identify(sleeper.pid)
    assert identity is not None
    assert identity == identify(sleeper.pid)
    assert is_alive(identity)


def test_an_identity_tells_when_the_process_was_started(sleeper: Process) -> None:
    """In seconds after boot."""
    identity = identify(sleeper.pid)
    assert identity is not None
    assert 0 <= time.clock_gettime(time.CLOCK_BOOTTIME) - identity.create_time < 30


def test_the_same_pid_with_another_start_is_another_process(sleeper: Process) -> None:
    """It gets no signal."""
    stranger = Identity(pid=sleeper.pid, create_time=1.0)
    assert not is_alive(stranger)
    assert not send(stranger, signal.SIGKILL)
    assert sleeper.poll() is None


def test_a_signal_reaches_the_process(sleeper: Process) -> None:
    """And the answer says so."""
    identity = identify(sleeper.pid)
    assert identity is not None
    assert send(identity, signal.SIGTERM)
    assert sleeper.wait(timeout=60) == -signal.SIGTERM
    assert not send(identity, signal.SIGTERM)


def test_a_process_that_only_waits_to_be_reaped_is_not_alive() -> None:
    """A container's first process may never reap it."""
    process = start(("/bin/true",))
    until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE, "the zombie")
    assert identify(process.pid) is None
    process.wait()


def test_a_child_that_ended_at_once_still_has_its_identity() -> None:
    """Until it is reaped: the row of a short job names its process too."""
    process = start(("/bin/true",))
    while_it_ran_or_after = identify_child(process.pid)
    until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE, "the zombie")
    assert identify_child(process.pid) == while_it_ran_or_after
    process.wait()


def test_descendants_are_found_at_any_depth(sleeper: Process) -> None:
    """The shell and its sleep are below this process."""
    until(lambda: psutil.Process(sleeper.pid).children(), "the sleep")
    expected = {sleeper.pid, *(child.pid for child in psutil.Process(sleeper.pid).children())}
    found = {process.pid for process in descendants(os.getpid(), nobody_is_foreign)}
    assert expected <= found


def test_what_is_foreign_is_left_out_with_all_below(sleeper: Process) -> None:
    """Another job's shim is not ours to kill, nor what it runs."""
    until(lambda: psutil.Process(sleeper.pid).children(), "the sleep")
    below = {child.pid for child in psutil.Process(sleeper.pid).children()}
    found = {process.pid for process in descendants(os.getpid(), lambda pid: pid == sleeper.pid)}
    assert found.isdisjoint({sleeper.pid, *below})


def test_a_variable_is_read_from_the_process_and_its_children(sleeper: Process) -> None:
    """It survives the death of every parent."""
    until(lambda: psutil.Process(sleeper.pid).children(), "the sleep")
    assert variable_of(sleeper.pid, "WHO_IS_IT") == "café = 1"
    assert variable_of(sleeper.pid, "WHO_IS") is None
    assert len(with_variable("WHO_IS_IT", "café = 1")) == 2


def test_a_process_that_is_gone_has_no_variables() -> None:
    """Nor an identity."""
    process = start(("/bin/true",))
    process.wait()
    assert variable_of(process.pid, "PATH") is None
    assert identify(process.pid) is None


def test_this_boot_has_a_name() -> None:
    """Which is not empty and does not change."""
    assert len(boot_id()) == 36
    assert boot_id() == boot_id()


def test_a_name_full_of_brackets_does_not_confuse_anybody() -> None:
    """The kernel prints a program's name between brackets as it is."""
    argv = ("/bin/sh", "-c", "printf 'a) R (1 2' > /proc/$$/comm; sleep 60 & wait")
    process = start(argv)
    until(lambda: psutil.Process(process.pid).children(), "the sleep")
    identity = identify(process.pid)
    assert identity is not None
    assert identity.create_time > 1.0
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
