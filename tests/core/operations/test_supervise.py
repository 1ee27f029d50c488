"""Services are kept alive, told apart, and refused with a clear sentence."""

import errno
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from core.clock import FixedClock, SystemClock
from core.errors import ConflictError, SettingsError
from core.operations import supervise
from core.operations.services import Service, ServiceState, read_states, service_log, services
from core.operations.supervise import (
    STEADY_S,
    Supervision,
    check_ground,
    exit_words,
    hold_home,
)
from core.paths import StatePaths
from core.settings import Settings


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def web(port: int) -> Service:
    """A real little server as the service."""
    arguments = ("--bind", "127.0.0.1", str(port))
    return Service(
        name="dashboard", title="Web", module="http.server", arguments=arguments,
        host="127.0.0.1", port=port,
    )  # fmt: skip


@pytest.fixture
def supervised(paths: StatePaths, web: Service) -> Iterator[StatePaths]:
    """The service, supervised in a thread that is stopped at the end."""
    supervision = Supervision(paths, [web], SystemClock())
    thread = threading.Thread(target=supervision.run)
    thread.start()
    yield paths
    supervision.stopping.set()
    thread.join()


def _until(paths: StatePaths, holds: Callable[[ServiceState], bool]) -> ServiceState:
    """Return the service's state once it holds; fails after ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        states = read_states(paths)
        if states and holds(states[0]):
            return states[0]
        time.sleep(0.05)
    pytest.fail(f"the state never came: {read_states(paths)}")


def test_a_service_that_dies_is_restarted_and_says_how_it_died(supervised: StatePaths) -> None:
    """The page shows restarts and the last exit in words."""
    first = _until(supervised, lambda state: state.state == "running")
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    waiting = _until(supervised, lambda state: state.restarts == 1)
    assert waiting.last_exit == "killed by SIGKILL"
    again = _until(supervised, lambda state: state.state == "running" and state.pid != first.pid)
    assert again.restarts == 1


def test_stopping_ends_the_service_and_says_stopped(paths: StatePaths, web: Service) -> None:
    """After Ctrl-C nothing is left and the page's file does not claim otherwise."""
    supervision = Supervision(paths, [web], SystemClock())
    thread = threading.Thread(target=supervision.run)
    thread.start()
    running = _until(paths, lambda state: state.state == "running")
    supervision.stopping.set()
    thread.join()
    assert read_states(paths)[0].state == "stopped"
    with pytest.raises(ProcessLookupError):
        os.kill(running.pid or 0, 0)


@pytest.fixture
def broken(paths: StatePaths, clock: FixedClock) -> Supervision:
    """A service that ends at once, on a clock that the test moves."""
    paths.logs.mkdir()
    service = Service(name="x", title="X", module="no_such_module_at_all")
    return Supervision(paths, [service], clock)


def _after_exits(supervision: Supervision, number: int) -> ServiceState:
    """Watch, without moving the clock, until the service has ended so often."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        supervision.watch()
        (state,) = read_states(supervision.paths)
        if state.restarts == number:
            return state
    pytest.fail(f"it never ended: {state}")


@pytest.mark.parametrize(
    ("has_log", "last_exit"), [(True, "exit code 1"), (False, "not started: .*Is a directory.*")]
)
def test_a_service_that_cannot_start_waits_longer_each_time(
    broken: Supervision, clock: FixedClock, *, has_log: bool, last_exit: str
) -> None:
    """Back-off: a broken service does not spin, whether it ends at once or never begins."""
    if not has_log:
        service_log(broken.paths, "x").mkdir()
    for number, pause in enumerate((1, 2, 4), 1):
        state = _after_exits(broken, number)
        assert re.fullmatch(last_exit, state.last_exit)
        assert state.next_start_at == clock.now() + pause
        clock.advance(pause - 0.5)
        broken.watch()
        assert read_states(broken.paths) == (state,)
        clock.advance(0.5)


def test_a_service_that_ran_steadily_waits_a_second_again(
    broken: Supervision, clock: FixedClock
) -> None:
    """One bad night does not slow down every later restart."""
    _after_exits(broken, 1)
    clock.advance(1)
    broken.watch()
    clock.advance(STEADY_S + 1)
    assert _after_exits(broken, 2).next_start_at == clock.now() + 1


def test_a_state_file_that_cannot_be_written_costs_no_service(
    supervised: StatePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk leaves `up` running; what happened meanwhile is told once there is room."""
    first = _until(supervised, lambda state: state.state == "running")
    assert first.pid is not None
    refused = threading.Event()

    def refuse(*_: object) -> None:
        refused.set()
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(supervise, "write_states", refuse)
        os.kill(first.pid, signal.SIGKILL)
        assert refused.wait(10)
        assert read_states(supervised) == (first,)
    again = _until(supervised, lambda state: state.state == "running" and state.pid != first.pid)
    assert again.restarts == 1


def test_a_taken_port_is_named_with_the_way_out(paths: StatePaths, web: Service) -> None:
    """The sentence names the port and the variable that changes it."""
    with (
        closing(socket.create_server(("127.0.0.1", web.port))),
        pytest.raises(SettingsError, match=rf"port {web.port}: another program uses") as caught,
    ):
        check_ground(paths, [web])
    assert "DATAHALL_WEB_PORT" in caught.value.remedy
    check_ground(paths, [web])


def test_a_full_disk_is_named(paths: StatePaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """No service is started on a disk that cannot hold its files."""
    monkeypatch.setattr(supervise, "LEAST_FREE_BYTES", 1 << 62)
    with pytest.raises(SettingsError, match=r"the disk of .* is full"):
        check_ground(paths, [])


def test_one_home_is_held_once(paths: StatePaths) -> None:
    """A second instance is told who holds the home; afterwards it is free again."""
    with (
        hold_home(paths),
        pytest.raises(ConflictError, match=str(os.getpid())),
        hold_home(paths),
    ):
        pass
    with hold_home(paths):
        pass


def test_the_states_of_a_home_without_up_are_empty(paths: StatePaths) -> None:
    """No file and a torn file both mean: nothing is known."""
    assert read_states(paths) == ()
    paths.services.write_text("{", encoding="utf-8")
    assert read_states(paths) == ()


def test_demo_reaches_the_sampler_alone(settings: Settings) -> None:
    """Only the sampler simulates; everything else is real."""
    simulated = [
        entry.name for entry in services(settings, demo=True) if "--demo" in entry.arguments
    ]
    assert simulated == ["sampler"]


@pytest.mark.parametrize(
    ("code", "words"), [(0, "exit code 0"), (3, "exit code 3"), (-9, "killed by SIGKILL")]
)
def test_exits_are_told_in_words(code: int, words: str) -> None:
    """Popen's negative codes are signals."""
    assert exit_words(code) == words


def test_an_address_that_does_not_exist_is_not_called_taken(paths: StatePaths) -> None:
    """The sentence names the address and the setting."""
    service = Service(
        name="server", title="Translation server", module="x", host="no.such.host.invalid", port=1
    )
    with pytest.raises(SettingsError, match=r"cannot be resolved.*DATAHALL_SERVING_HOST"):
        check_ground(paths, [service])
