"""The process of the sampler: `python -P -m monitors [--home DIR] [--once] [--json] [--demo]`."""

import argparse
import json
import os
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from signal import SIGINT

from core.clock import SystemClock
from core.errors import ConflictError, DatahallError, SettingsError
from core.locks import held_alone
from core.network import url_of
from core.process.failure import report_error
from core.process.stop_flag import StopFlag
from core.settings import Settings, load_settings
from monitors.collector import HostState
from monitors.exposition.endpoint import MetricsEndpoint
from monitors.exposition.metrics import render_metrics
from monitors.sampling.catalog import CollectorContext, make_collectors
from monitors.sampling.sampler import Sampler, sample_once
from monitors.store.document import to_document
from monitors.store.sqlite import SqliteTelemetryStore

_INTERRUPTED = 130
_MIN_INTERVAL_S, _MAX_INTERVAL_S = 0.1, 3600.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Sample this host; return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        flags = {"home": options.home, "sampler.interval_s": options.interval}
        settings = load_settings(environment=os.environ, flags=flags)
        _check_interval(settings.sampler.interval_s)
        if not options.once:
            return _run(settings, demo=options.demo, as_json=options.json)
        state = sample_once(settings.sampler, host=socket.gethostname(), demo=options.demo)
        print(_to_json(state, indent=2) if options.json else _to_text(state))
    except DatahallError as error:
        if options.json:
            print(json.dumps({"error": error.to_document()}))
        return report_error(error, None)
    except BrokenPipeError:  # the reader of our output ended
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115  (flushed by the interpreter)
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


def _parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(
        prog="python -P -m monitors",
        description="Sample this host into telemetry.db and serve /metrics.",
        epilog="Example: python -P -m monitors --once --json",
    )
    parser.add_argument("--home", help="home folder (default: DATAHALL_HOME)")
    parser.add_argument("--interval", type=float, help="seconds between two samples")
    parser.add_argument("--demo", action="store_true", help="simulate GPUs instead of reading them")
    parser.add_argument("--once", action="store_true", help="print one complete reading and exit")
    parser.add_argument("--json", action="store_true", help="print JSON, one document per sample")
    return parser


def _check_interval(interval_s: float) -> None:
    """Raise SettingsError when the interval is out of range."""
    if not _MIN_INTERVAL_S <= interval_s <= _MAX_INTERVAL_S:
        raise SettingsError(
            f"invalid sampling interval {interval_s:g} s",
            remedy=f"Choose {_MIN_INTERVAL_S:g} to {_MAX_INTERVAL_S:g} seconds",
        )


def _run(settings: Settings, *, demo: bool, as_json: bool) -> int:
    """Sample until SIGTERM (exit status 0) or Ctrl-C (130)."""
    paths, clock, sampling = settings.paths, SystemClock(), settings.sampler
    paths.prepare()
    stop = StopFlag()
    stop.listen()

    def conflict(owner: str) -> ConflictError:
        message = f"a sampler (process {owner}) is already running on {paths.home}"
        return ConflictError(message, remedy="Stop it, or choose another --home")

    with held_alone(paths.sampler_lock, conflict), ExitStack() as opened:
        store = SqliteTelemetryStore(
            paths.telemetry, sampling, writable=True, clock=clock, log=_log
        )
        opened.callback(store.close)
        sampler = Sampler(
            make_collectors(CollectorContext(settings=sampling, clock=clock), demo=demo),
            store,
            clock,
            host=socket.gethostname(),
            interval_s=sampling.interval_s,
            log=_log,
        )
        opened.callback(sampler.close)

        def render() -> bytes | None:
            state = sampler.latest
            return None if state is None else render_metrics(state, Path(sampling.system_root))

        endpoint = MetricsEndpoint(sampling.host, sampling.port, render)
        opened.callback(endpoint.close)
        if not as_json:
            print(
                f"Sampling every {sampling.interval_s:g} s into {paths.telemetry};"
                f" metrics at {url_of(sampling.host, endpoint.port)}/metrics",
                flush=True,
            )
        after_tick: Callable[[HostState], None] = _print_json if as_json else _print_nothing
        sampler.run(stop, after_tick)
    return _INTERRUPTED if stop.signal == SIGINT else 0


def _print_json(state: HostState) -> None:
    """Print one sample as one line."""
    print(_to_json(state), flush=True)


def _print_nothing(_state: HostState) -> None:
    """Ignore a sample."""


def _log(text: str) -> None:
    """Write a line to the log of the sampler."""
    print(f"datahall monitor: {text}", file=sys.stderr, flush=True)


def _to_json(state: HostState, indent: int | None = None) -> str:
    """Return a sample as JSON text."""
    return json.dumps(to_document(state), indent=indent)


def _to_text(state: HostState) -> str:
    """Return a sample as lines of text, followed by the errors of collectors."""
    return "\n".join(
        [
            state.host,
            *(
                f"{one.gauge:<38} {one.device:<24} {one.value:.6g}"
                for one in sorted(state.readings, key=lambda one: (one.gauge, one.device))
            ),
            *(f"{one.name}: {one.error}" for one in state.collectors if one.error),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
