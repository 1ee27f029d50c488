"""Run an external program: its output is read, a stall detected, the program terminated."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.backup.errors import StalledError
from core.backup.program import Call, Outcome, WatchedRunner
from core.errors import UnavailableError

pytestmark = pytest.mark.slow

Program = Callable[[str], Path]
STATUS = '{"message_type":"status","seconds_elapsed":%d,"bytes_done":7}'


def run(
    path: Path, stall_s: float = 60.0, grace_s: float = 60.0, **listeners: Callable[..., None]
) -> Outcome:
    """Run a program with time limits that suit a busy machine."""
    runner = WatchedRunner(stall_s=stall_s, grace_s=grace_s)
    return runner.run(Call(argv=[str(path)]), **listeners)


def test_output_and_exit_code_are_kept(program: Program) -> None:
    outcome = run(program("printf 'one\\ntwo\\377'; echo bad >&2; exit 3"))
    assert outcome == Outcome(exit_code=3, stdout=("one", "two\ufffd"), stderr=("bad",))


def test_a_line_that_comes_in_pieces_is_one_line(program: Program) -> None:
    lines: list[str] = []
    outcome = run(program("printf '{\"a\"'; sleep 0.4; echo ':1}'"), on_line=lines.append)
    assert lines == ['{"a":1}']
    assert outcome.stdout == ()


def test_much_output_on_both_streams_does_not_block(program: Program) -> None:
    outcome = run(program("for s in 1 2; do seq 1 40000 >&$s; done"))
    assert len(outcome.stdout) == 40000
    assert outcome.stderr[:2] == ("1", "2")


def test_a_program_that_repeats_the_same_line_has_stalled(program: Program) -> None:
    path = program(f"i=0; while sleep 0.1; do i=$((i+1)); printf '{STATUS}\\n' $i; done")
    with pytest.raises(StalledError, match="did nothing") as caught:
        run(path, stall_s=0.8)
    assert caught.value.remedy


def test_a_silent_program_that_reads_or_writes_has_not_stalled(program: Program) -> None:
    work = "import time\nfor _ in range(40): open('/dev/zero', 'rb').read(100000); time.sleep(0.1)"
    assert run(program(f'exec {sys.executable} -c "{work}"'), stall_s=2).exit_code == 0


def test_a_suspended_program_is_terminated(program: Program) -> None:
    started_at = time.monotonic()
    with pytest.raises(StalledError):
        run(program("kill -STOP $$"), stall_s=0.5)
    assert time.monotonic() - started_at < 50


def test_an_interrupted_program_may_clean_up(program: Program, tmp_path: Path) -> None:
    path = program(
        f"trap 'touch {tmp_path}/tidied; exit 130' INT; echo up; while :; do sleep 0.1; done"
    )

    def interrupt(_line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(path, on_line=interrupt)
    assert (tmp_path / "tidied").exists()


def test_a_program_that_ignores_the_interrupt_is_killed(program: Program, tmp_path: Path) -> None:
    path = program(f"trap '' INT; echo $$ > {tmp_path}/pid; echo up; while :; do sleep 0.1; done")

    def interrupt(_line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(path, grace_s=0.5, on_line=interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_ticks_continue_while_the_program_is_silent(program: Program) -> None:
    ticks: list[None] = []
    run(program("sleep 2"), on_tick=lambda: ticks.append(None))
    assert len(ticks) >= 3


def test_a_missing_program_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        run(tmp_path / "ghost")
