"""Services are restarted with growing pauses; a start is refused with a clear error."""

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

from core.clock import SystemClock
from core.command import describe_exit
from core.errors import ConflictError, SettingsError
from core.operations import supervision
from core.operations.services import (
    Service,
    ServiceState,
    list_services,
    read_states,
    service_log,
)
from core.operations.supervision import (
    STEADY_S,
    Supervision,
    check_disk_and_ports,
    lock_home,
)
from core.paths import StatePaths
from core.settings import Settings
from tests.clock import FixedClock

pytestmark = pytest.mark.slow


@pytest.fixture
def port() -> int:
    """A free port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def web(port: int) -> Service:
    """A small HTTP server as the service."""
    arguments = ("--bind", "127.0.0.1", str(port))
    return Service(
        name="dashboard", title="Web", module="http.server", arguments=arguments,
        host="127.0.0.1", port=port,
    )  # fmt: skip


@pytest.fixture
def supervised(paths: StatePaths, web: Service) -> Iterator[StatePaths]:
    """The home folder of the service, which is supervised in a thread."""
    supervision = Supervision(paths, [web], SystemClock())
    thread = threading.Thread(target=supervision.run)
    thread.start()
    yield paths
    supervision.stopping.set()
    thread.join()


def _until(paths: StatePaths, holds: Callable[[ServiceState], bool]) -> ServiceState:
    """Return the state of the service when `holds` is true; fails after ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        states = read_states(paths)
        if states and holds(states[0]):
            return states[0]
        time.sleep(0.05)
    pytest.fail(f"the state never came: {read_states(paths)}")


def test_a_killed_service_is_restarted_and_its_exit_is_reported(supervised: StatePaths) -> None:
    first = _until(supervised, lambda state: state.state == "running")
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    waiting = _until(supervised, lambda state: state.restarts == 1)
    assert waiting.last_exit == describe_exit(-signal.SIGKILL)
    again = _until(supervised, lambda state: state.state == "running" and state.pid != first.pid)
    assert again.restarts == 1


def test_stopping_terminates_the_service_and_reports_it(paths: StatePaths, web: Service) -> None:
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
    """Return the state once the service has ended so often; the clock stands still."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        supervision.check_services()
        (state,) = read_states(supervision.paths)
        if state.restarts == number:
            return state
    pytest.fail(f"it never ended: {state}")


@pytest.mark.parametrize(
    ("has_log", "last_exit"),
    [(True, "exit code 1"), (False, "could not be started: .*Is a directory.*")],
)
def test_the_pause_before_a_restart_doubles_each_time(
    broken: Supervision, clock: FixedClock, *, has_log: bool, last_exit: str
) -> None:
    """Whether the service ends at once or cannot be started at all."""
    if not has_log:
        service_log(broken.paths, "x").mkdir()
    for number, pause in enumerate((1, 2, 4), 1):
        state = _after_exits(broken, number)
        assert re.fullmatch(last_exit, state.last_exit)
        assert state.next_start_at == clock.now() + pause
        clock.advance(pause - 0.5)
        broken.check_services()
        assert read_states(broken.paths) == (state,)
        clock.advance(0.5)


def test_the_pause_is_short_again_after_a_steady_run(
    broken: Supervision, clock: FixedClock
) -> None:
    _after_exits(broken, 1)
    clock.advance(1)
    broken.check_services()
    clock.advance(STEADY_S + 1)
    assert _after_exits(broken, 2).next_start_at == clock.now() + 1


def test_services_run_on_when_the_state_file_cannot_be_written(
    supervised: StatePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk does not stop `up`; the state is reported when there is room again."""
    first = _until(supervised, lambda state: state.state == "running")
    assert first.pid is not None
    refused = threading.Event()

    def refuse(*_: object) -> None:
        refused.set()
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(supervision, "write_states", refuse)
        os.kill(first.pid, signal.SIGKILL)
        assert refused.wait(10)
        assert read_states(supervised) == (first,)
    again = _until(supervised, lambda state: state.state == "running" and state.pid != first.pid)
    assert again.restarts == 1


def test_a_port_in_use_is_refused_with_its_variable(paths: StatePaths, web: Service) -> None:
    with (
        closing(socket.create_server(("127.0.0.1", web.port))),
        pytest.raises(SettingsError, match=rf"port {web.port}: another program uses") as caught,
    ):
        check_disk_and_ports(paths, [web])
    assert "DATAHALL_WEB_PORT" in caught.value.remedy
    check_disk_and_ports(paths, [web])


def test_a_full_disk_is_refused(paths: StatePaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "MIN_FREE_BYTES", 1 << 62)
    with pytest.raises(SettingsError, match=r"the disk of .* is full"):
        check_disk_and_ports(paths, [])


def test_a_home_is_locked_by_one_process(paths: StatePaths) -> None:
    with (
        lock_home(paths),
        pytest.raises(ConflictError, match=str(os.getpid())),
        lock_home(paths),
    ):
        pass
    with lock_home(paths):
        pass


def test_without_a_readable_state_file_there_are_no_states(paths: StatePaths) -> None:
    assert read_states(paths) == ()
    paths.services.write_text("{", encoding="utf-8")
    assert read_states(paths) == ()


def test_only_the_sampler_gets_the_demo_option(settings: Settings) -> None:
    simulated = [
        entry.name for entry in list_services(settings, demo=True) if "--demo" in entry.arguments
    ]
    assert simulated == ["sampler"]


def test_a_host_name_that_cannot_be_resolved_is_refused(paths: StatePaths) -> None:
    service = Service(
        name="server", title="Translation server", module="x", host="no.such.host.invalid", port=1
    )
    with pytest.raises(SettingsError, match=r"cannot be resolved.*DATAHALL_SERVING_HOST"):
        check_disk_and_ports(paths, [service])
