"""`datahall monitor`: the sampler alone."""

from typing import Annotated

import typer

from dashboard.commands.console import HomeOption, JsonOption


def monitor(
    once: Annotated[bool, typer.Option("--once", help="Print one full reading and end.")] = False,
    interval: Annotated[float | None, typer.Option(help="Seconds between samples.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Simulated GPUs.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> int:
    """Sample this host. Example: datahall monitor --once --json."""
    from monitors.__main__ import main  # noqa: PLC0415  (starts a process: only when asked)

    arguments = [
        *(("--home", str(home)) if home else ()),
        *(("--interval", str(interval)) if interval else ()),
        *(("--demo",) if demo else ()),
        *(("--once",) if once else ()),
        *(("--json",) if as_json else ()),
    ]
    return main(arguments)
