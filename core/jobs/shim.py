"""The shim: one small process per job, which outlives whoever started the job.

It starts the job, passes on the wish to stop, ends what is left of the job's tree, and writes how
the job ended. It holds no database and imports little, as there is one per running job.

`python -P -m core.jobs.shim --home DIR --job ID --lock DESCRIPTOR`; the descriptor holds the
job's lock already, so that from the launcher's decision to the last process of the job there is no
moment at which the lock is free.
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
from core.jobs.endings import Stop, describe_ending, failed, never_started
from core.jobs.folder import Crew, Ending, JobFolder, Order
from core.jobs.logs import open_log, rotate
from core.jobs.processes import Identity, boot_id, descendants, identify_child, send, variable_of
from core.locks import is_locked
from core.paths import StatePaths
from core.process.failure import read_error
from core.process.variables import SHIM_VARIABLE

LEFTOVER_GRACE_S = 2.0
_PR_SET_CHILD_SUBREAPER = 36
_POLL_S = 0.5
_HURRIED_POLL_S = 0.05
_DISK_FULL_TRIES = 150
_DISK_FULL_PAUSE_S = 2.0


def main(arguments: Sequence[str]) -> int:
    """Detach and run one job to its end."""
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
        os._exit(0)  # the launcher waits for this process alone, and keeps no zombie
    os.setsid()
    shim.run()
    os.close(shim.lock)
    if not is_locked(paths.supervisor_lock):  # nobody else would start the next job in line
        start(module_argv("core.jobs", "tick", "--home", str(paths.home)))
    return 0


@dataclass(slots=True, kw_only=True)
class Shim:
    """One job under way."""

    job_id: str
    folder: JobFolder
    lock: int
    order: Order
    clock: Clock
    wakeup: int = -1
    stop: Stop = field(default_factory=Stop)
    terminated_at: float | None = None
    ended_at: float | None = None

    def run(self) -> None:
        """Run the job to its end and write how it ended."""
        self.wakeup = _listen()
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        crew = Crew(boot_id=boot_id(), shim=identify_child(os.getpid()))
        self.folder.write_crew(crew)
        if self.folder.is_asked_to_stop():
            self._finish(never_started(self.clock.now()))
            return
        try:
            child = self._start()
        except (UnavailableError, OSError) as error:
            self._finish(failed(f"could not be started: {error}", self.clock.now()))
            return
        with contextlib.suppress(OSError):  # a full disk is no reason to end the job
            self.folder.write_crew(replace(crew, job=identify_child(child.pid)))
        self._attend(child)
        told = read_error(self.folder.path)
        self._finish(describe_ending(child.returncode, self.stop, self.clock.now(), told=told))

    def _start(self) -> Process:
        """Start the job: its own session, its output straight into the log."""
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

    def _attend(self, child: Process) -> None:
        """Return once the job and everything that it left behind are gone."""
        while True:
            self._reap(child)
            leftovers = [] if child.returncode is None else self._tree()
            if child.returncode is not None and not leftovers:
                return
            self._press(child, leftovers)
            self._sleep(hurried=bool(leftovers) or self._is_overdue())
            rotate(Path(self.order.log), self.order.log_bytes)

    def _press(self, child: Process, leftovers: Sequence[Identity]) -> None:
        """Ask the job, or what is left of it, to end; insist once the grace period is over."""
        now = self.clock.monotonic()
        if child.returncode is None:
            if self.stop.is_asked and self.terminated_at is None:
                child.send_signal(signal.SIGTERM)  # nothing is sent to one that has just ended
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
        """Whether the job had its whole grace period."""
        if self.terminated_at is None:
            return False
        return self.clock.monotonic() - self.terminated_at >= self.order.grace_s

    def _sleep(self, *, hurried: bool) -> None:
        """Wait for a signal or for the next look, and note a wish to stop."""
        patience = _HURRIED_POLL_S if hurried else _POLL_S
        if self.terminated_at is not None and not hurried:
            rest = self.terminated_at + self.order.grace_s - self.clock.monotonic()
            patience = min(patience, max(rest, 0.0))
        ready, _, _ = select.select([self.wakeup], [], [], patience)
        received = os.read(self.wakeup, 512) if ready else b""
        if self.folder.is_asked_to_stop():
            self.stop.is_asked = True
        elif signal.SIGTERM in received or signal.SIGINT in received:
            self.stop.is_asked = self.stop.by_signal = True

    def _reap(self, child: Process) -> None:
        """Take in every ended process: the job, and what its tree left to us."""
        while True:
            try:
                # WNOWAIT: the job's own exit status is left for its Popen to take.
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
        """Return every living process of the job, also those that left its session."""
        return descendants(os.getpid(), self._is_of_another_job)

    def _is_of_another_job(self, pid: int) -> bool:
        """Whether a process below us is the shim of a job that this job queued."""
        return variable_of(pid, SHIM_VARIABLE) not in (None, self.job_id)

    def _finish(self, ending: Ending) -> None:
        """Write how the job ended; a full disk is given time to be cleared."""
        for _ in range(_DISK_FULL_TRIES):
            try:
                self.folder.write_ending(ending)
            except OSError:
                time.sleep(_DISK_FULL_PAUSE_S)
            else:
                return


def _listen() -> int:
    """Return a descriptor that gets a byte per signal: to stop, or of a child that ended."""
    reader, writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        # A handler, as neither an ignored nor a blocked signal may be handed on to the job.
        signal.signal(number, lambda _number, _frame: None)
    return reader


def _send_all(processes: Sequence[Identity], number: signal.Signals) -> None:
    """Send a signal to all of them."""
    for process in processes:
        send(process, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
