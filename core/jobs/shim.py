"""The shim: a small process that supervises one job and outlives the process that started it.

It starts the job's program, forwards stop requests, terminates what the program leaves behind, and
records how the job ended. It opens no database and imports little, because there is one per job.

`python -P -m core.jobs.shim --home DIR --job ID --lock DESCRIPTOR`; the descriptor already holds
the job's lock, so that the lock is never free between the launcher's decision and the end of the
job's last process.
"""

import contextlib
import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.clock import Clock, SystemClock
from core.command import Process, module_argv, start
from core.errors import UnavailableError
from core.jobs.endings import (
    Ending,
    StopRequest,
    cancelled_ending,
    describe_ending,
    failed_ending,
)
from core.jobs.folder import JobFolder, JobProcesses, ShimOrder
from core.jobs.logs import open_log, rotate
from core.jobs.processes import Identity, boot_id, descendants, identify_child, send, variable_of
from core.locks import is_locked
from core.paths import StatePaths
from core.process.failure import read_error
from core.process.variables import SHIM_VARIABLE

LEFTOVER_GRACE_S = 2.0
_PR_SET_CHILD_SUBREAPER = 36
_POLL_S = 0.5
_SHORT_POLL_S = 0.05
_DISK_FULL_TRIES = 150
_DISK_FULL_PAUSE_S = 2.0


def main(arguments: Sequence[str]) -> int:
    """Detach from the launcher, run one job to its end, and advance the queue."""
    given = dict(zip(arguments[::2], arguments[1::2], strict=True))
    paths, job_id = StatePaths(Path(given["--home"])), given["--job"]
    shim = Shim(
        job_id=job_id,
        folder=JobFolder(paths.job(job_id)),
        lock=int(given["--lock"]),
        order=JobFolder(paths.job(job_id)).read_order(),
        clock=SystemClock(),
    )
    if os.fork():
        os._exit(0)  # the launcher waits for this process; init reaps the shim
    os.setsid()
    shim.run()
    os.close(shim.lock)
    if not is_locked(paths.supervisor_lock):  # without one, this shim advances the queue
        start(module_argv("core.jobs", "tick", "--home", str(paths.home)))
    return 0


@dataclass(slots=True, kw_only=True)
class Shim:
    """A running job and its supervision."""

    job_id: str
    folder: JobFolder
    lock: int
    order: ShimOrder
    clock: Clock
    wakeup: int = -1
    stop: StopRequest = field(default_factory=StopRequest)
    terminated_at: float | None = None
    ended_at: float | None = None

    def run(self) -> None:
        """Run the job to its end and record how it ended."""
        self.wakeup = _catch_signals()
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        processes = JobProcesses(boot_id=boot_id(), shim=identify_child(os.getpid()))
        self.folder.write_processes(processes)
        if self.folder.is_stop_requested():
            self._finish(cancelled_ending(self.clock.now()))
            return
        try:
            child = self._start()
        except (UnavailableError, OSError) as error:
            self._finish(failed_ending(f"could not be started: {error}", self.clock.now()))
            return
        with contextlib.suppress(OSError):  # a full disk must not end the job
            own = identify_child(child.pid)
            self.folder.write_processes(replace(processes, job=own))
        self._supervise(child)
        reported = read_error(self.folder.path)
        now = self.clock.now()
        self._finish(describe_ending(child.returncode, self.stop, now, error=reported))

    def _start(self) -> Process:
        """Start the job in its own session, with its output in the log."""
        log = open_log(Path(self.order.log))
        try:
            return start(
                self.order.argv,
                environment=self.order.environment,
                log=log,
                folder=self.folder.path,
                keep_open=(self.lock,),
                die_with_parent=True,
            )
        finally:
            os.close(log)

    def _supervise(self, child: Process) -> None:
        """Return when the job and all processes that it left behind have ended."""
        while True:
            self._reap(child)
            leftovers = [] if child.returncode is None else self._tree()
            if child.returncode is not None and not leftovers:
                return
            self._terminate(child, leftovers)
            self._sleep(soon=bool(leftovers) or self._is_overdue())
            rotate(Path(self.order.log), self.order.log_bytes)

    def _terminate(self, child: Process, leftovers: Sequence[Identity]) -> None:
        """Send SIGTERM after a stop request and to leftovers, SIGKILL after the grace period."""
        now = self.clock.monotonic()
        if child.returncode is None:
            if self.stop.is_requested and self.terminated_at is None:
                child.send_signal(signal.SIGTERM)  # does nothing if it has just ended
                self.terminated_at = now
                self.stop.is_sent = child.returncode is None
            if self._is_overdue():
                self.stop.killed_after_s = self.order.grace_s
                _send_all(self._tree(), signal.SIGKILL)
            return
        if self.ended_at is None:
            self.ended_at = now
            _send_all(leftovers, signal.SIGTERM)
        if now - self.ended_at > LEFTOVER_GRACE_S or self.stop.killed_after_s is not None:
            _send_all(leftovers, signal.SIGKILL)

    def _is_overdue(self) -> bool:
        """Whether the grace period is over."""
        if self.terminated_at is None:
            return False
        return self.clock.monotonic() - self.terminated_at >= self.order.grace_s

    def _sleep(self, *, soon: bool) -> None:
        """Wait for a signal or the next poll, and record a stop request."""
        timeout_s = _SHORT_POLL_S if soon else _POLL_S
        if self.terminated_at is not None and not soon:
            rest = self.terminated_at + self.order.grace_s - self.clock.monotonic()
            timeout_s = min(timeout_s, max(rest, 0.0))
        ready, _, _ = select.select([self.wakeup], [], [], timeout_s)
        received = os.read(self.wakeup, 512) if ready else b""
        if self.folder.is_stop_requested():
            self.stop.is_requested = True
        elif signal.SIGTERM in received or signal.SIGINT in received:
            self.stop.is_requested = self.stop.by_signal = True

    def _reap(self, child: Process) -> None:
        """Reap ended processes: the job, and descendants whose parents have ended."""
        while True:
            try:
                # WNOWAIT leaves the exit status of the job to its Popen object.
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            if ended.si_pid == child.pid:
                child.wait()
            else:
                os.waitpid(ended.si_pid, 0)

    def _tree(self) -> Sequence[Identity]:
        """Return all running processes of the job, also those in other sessions."""
        return descendants(os.getpid(), self._is_of_another_job)

    def _is_of_another_job(self, pid: int) -> bool:
        """Whether a descendant is the shim of a job that this job queued."""
        return variable_of(pid, SHIM_VARIABLE) not in (None, self.job_id)

    def _finish(self, ending: Ending) -> None:
        """Record the ending of the job; retried while the disk is full."""
        for _ in range(_DISK_FULL_TRIES):
            try:
                self.folder.write_ending(ending)
            except OSError:
                time.sleep(_DISK_FULL_PAUSE_S)
            else:
                return


def _catch_signals() -> int:
    """Return a pipe that receives a byte per signal, for select()."""
    reader, writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        # A handler, because the job would inherit ignored and blocked signals.
        signal.signal(number, lambda _number, _frame: None)
    return reader


def _send_all(processes: Sequence[Identity], number: signal.Signals) -> None:
    """Send a signal to several processes."""
    for process in processes:
        send(process, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
