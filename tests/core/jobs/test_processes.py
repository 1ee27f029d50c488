"""Identity of processes."""

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
    identity = identify(sleeper.pid)
    assert identity is not None
    assert identity == identify(sleeper.pid)
    assert is_alive(identity)


def test_an_identity_contains_the_start_time(sleeper: Process) -> None:
    identity = identify(sleeper.pid)
    assert identity is not None
    assert 0 <= time.clock_gettime(time.CLOCK_BOOTTIME) - identity.create_time < 30


def test_the_same_pid_with_another_start_is_another_process(sleeper: Process) -> None:
    stranger = Identity(pid=sleeper.pid, create_time=1.0)
    assert not is_alive(stranger)
    assert not send(stranger, signal.SIGKILL)
    assert sleeper.poll() is None


def test_a_signal_is_sent_to_a_running_process(sleeper: Process) -> None:
    identity = identify(sleeper.pid)
    assert identity is not None
    assert send(identity, signal.SIGTERM)
    assert sleeper.wait(timeout=60) == -signal.SIGTERM
    assert not send(identity, signal.SIGTERM)


def test_a_zombie_is_not_alive() -> None:
    """The first process of a container may never reap it."""
    process = start(("/bin/true",))
    until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE, "the zombie")
    assert identify(process.pid) is None
    process.wait()


def test_an_unreaped_child_has_an_identity() -> None:
    """The row of a short job names its process, too."""
    process = start(("/bin/true",))
    while_it_ran_or_after = identify_child(process.pid)
    until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE, "the zombie")
    assert identify_child(process.pid) == while_it_ran_or_after
    process.wait()


def test_descendants_are_found_at_any_depth(sleeper: Process) -> None:
    until(lambda: psutil.Process(sleeper.pid).children(), "the sleep")
    expected = {sleeper.pid, *(child.pid for child in psutil.Process(sleeper.pid).children())}
    found = {process.pid for process in descendants(os.getpid(), nobody_is_foreign)}
    assert expected <= found


def test_foreign_subtrees_are_left_out(sleeper: Process) -> None:
    until(lambda: psutil.Process(sleeper.pid).children(), "the sleep")
    below = {child.pid for child in psutil.Process(sleeper.pid).children()}
    found = {process.pid for process in descendants(os.getpid(), lambda pid: pid == sleeper.pid)}
    assert found.isdisjoint({sleeper.pid, *below})


def test_a_variable_is_read_from_the_process_and_its_children(sleeper: Process) -> None:
    until(lambda: psutil.Process(sleeper.pid).children(), "the sleep")
    assert variable_of(sleeper.pid, "WHO_IS_IT") == "café = 1"
    assert variable_of(sleeper.pid, "WHO_IS") is None
    assert len(with_variable("WHO_IS_IT", "café = 1")) == 2


def test_an_ended_process_has_no_variables() -> None:
    process = start(("/bin/true",))
    process.wait()
    assert variable_of(process.pid, "PATH") is None
    assert identify(process.pid) is None


def test_the_boot_id_is_constant() -> None:
    assert len(boot_id()) == 36
    assert boot_id() == boot_id()


def test_a_program_name_with_brackets_is_parsed() -> None:
    """The kernel prints the name of a program between brackets without escaping it."""
    argv = ("/bin/sh", "-c", "printf 'a) R (1 2' > /proc/$$/comm; sleep 60 & wait")
    process = start(argv)
    until(lambda: psutil.Process(process.pid).children(), "the sleep")
    identity = identify(process.pid)
    assert identity is not None
    assert identity.create_time > 1.0
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
