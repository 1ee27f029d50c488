"""The sampler as a process: `python -P -m monitors [--home DIR] [--once] [--json] [--demo]`."""

import argparse
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from core.clock import SystemClock
from core.errors import ConflictError, DatahallError, SettingsError
from core.locks import held_alone
from core.network import url_of
from core.settings import Settings, load_settings
from monitors.collector import HostState
from monitors.exposition.endpoint import MetricsEndpoint
from monitors.exposition.metrics import expose
from monitors.sampling.catalog import Context, make_collectors
from monitors.sampling.sampler import Sampler, sample_once
from monitors.store.document import to_document
from monitors.store.sqlite import SqliteTelemetryStore

_INTERRUPTED = 130
_SHORTEST_S, _LONGEST_S = 0.1, 3600.0
_PATIENCE_S = 5.0
_ENDINGS = (signal.SIGTERM, signal.SIGINT)


def main(arguments: Sequence[str] | None = None) -> int:
    """Sample this host; return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        flags = {"home": options.home, "sampler.interval_s": options.interval}
        settings = load_settings(environment=os.environ, flags=flags)
        _check(settings)
        if options.once:
            state = sample_once(settings.sampler, host=socket.gethostname(), demo=options.demo)
            print(_text(state, as_json=options.json))
            return 0
        return _run(settings, demo=options.demo, as_json=options.json)
    except DatahallError as error:
        if options.json:
            print(json.dumps({"error": _failure(error)}))
        print(f"datahall monitor: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return _INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(
        prog="python -P -m monitors",
        description="Sample this host into telemetry.db and serve /metrics.",
        epilog="Example: python -P -m monitors --once --json",
    )
    parser.add_argument("--home", help="folder of everything that Datahall keeps")
    parser.add_argument("--interval", type=float, help="seconds between two samples")
    parser.add_argument("--demo", action="store_true", help="simulated GPUs in place of real ones")
    parser.add_argument("--once", action="store_true", help="print one full reading and end")
    parser.add_argument("--json", action="store_true", help="print JSON, one document per sample")
    return parser


def _check(settings: Settings) -> None:
    """Raise SettingsError when the interval makes no sense."""
    interval_s = settings.sampler.interval_s
    if not _SHORTEST_S <= interval_s <= _LONGEST_S:
        message = f"an interval of {interval_s:g} s cannot be kept"
        raise SettingsError(message, remedy=f"Choose {_SHORTEST_S:g} to {_LONGEST_S:g} seconds")


def _run(settings: Settings, *, demo: bool, as_json: bool) -> int:
    """Sample until SIGTERM or Ctrl-C."""
    paths, clock, sampling = settings.paths, SystemClock(), settings.sampler
    paths.prepare()
    # Waited for in `_sample_until_told`; blocked before any thread starts, so none takes them.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)

    def taken(owner: str) -> ConflictError:
        message = f"a sampler (process {owner}) already runs on {paths.home}"
        return ConflictError(message, remedy="Stop it, or choose another --home")

    with held_alone(paths.sampler_lock, taken), ExitStack() as opened:
        store = SqliteTelemetryStore(paths.telemetry, sampling, writable=True)
        sampler = Sampler(
            make_collectors(Context(settings=sampling, clock=clock), demo=demo),
            store,
            clock,
            host=socket.gethostname(),
            interval_s=sampling.interval_s,
            log=_log,
        )
        opened.callback(store.close)
        opened.callback(sampler.close)

        def render() -> str | None:
            state = sampler.latest
            return None if state is None else expose(state, Path(sampling.system_root))

        endpoint = MetricsEndpoint(sampling.host, sampling.port, render)
        opened.callback(endpoint.close)
        if not as_json:
            print(
                f"Sampling every {sampling.interval_s:g} s into {paths.telemetry};"
                f" metrics at {url_of(sampling.host, endpoint.port)}/metrics",
                flush=True,
            )
        return _sample_until_told(sampler, _print_json if as_json else _be_quiet)


def _sample_until_told(sampler: Sampler, after_tick: Callable[[HostState], None]) -> int:
    """Let the sampler run in a thread until a signal comes; return the exit status."""
    stop = threading.Event()

    def sample() -> None:
        try:
            sampler.run(stop, after_tick)
        except BrokenPipeError:
            sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115  (nobody reads any more)
        finally:
            if not stop.is_set():
                os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=sample, name="sampler", daemon=True)
    thread.start()
    # A handler would run in the middle of whatever the main thread does, locks held.
    number = signal.sigwait(_ENDINGS)
    stop.set()
    thread.join(timeout=_PATIENCE_S)
    return _INTERRUPTED if number == signal.SIGINT else 0


def _print_json(state: HostState) -> None:
    """Print one sample as one line."""
    print(json.dumps(to_document(state)), flush=True)


def _be_quiet(state: HostState) -> None:
    """Print nothing."""


def _log(text: str) -> None:
    """Print a complaint."""
    print(f"datahall monitor: {text}", file=sys.stderr, flush=True)


def _text(state: HostState, *, as_json: bool) -> str:
    """Return a sample for people, or for programs."""
    if as_json:
        return json.dumps(to_document(state), indent=2)
    lines = [f"{state.host}"]
    lines += [
        f"{one.gauge:<38} {one.device:<24} {one.value:.6g}"
        for one in sorted(state.readings, key=lambda one: (one.gauge, one.device))
    ]
    lines += [f"{one.name}: {one.error}" for one in state.collectors if one.error]
    return "\n".join(lines)


def _failure(error: DatahallError) -> dict[str, str]:
    """Return the failure as programs read it."""
    return {"kind": error.kind, "message": error.message, "remedy": error.remedy}


if __name__ == "__main__":
    sys.exit(main())
