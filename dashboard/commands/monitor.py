"""`datahall monitor`: the sampler alone."""

from typing import Annotated

import typer

from dashboard.commands.console import HomeOption, JsonOption
from monitors.__main__ import main


def monitor(
    once: Annotated[
        bool, typer.Option("--once", help="Print one complete reading and exit.")
    ] = False,
    interval: Annotated[
        float | None, typer.Option(help="Seconds between two samples, 0.1 to 3600.")
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Simulate eight GPUs instead of reading real ones.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> int:
    """Sample this host until Ctrl-C. Example: datahall monitor --once --json."""
    arguments = [
        *(("--home", str(home)) if home else ()),
        *(("--interval", str(interval)) if interval is not None else ()),
        *(("--demo",) if demo else ()),
        *(("--once",) if once else ()),
        *(("--json",) if as_json else ()),
    ]
    return main(arguments)
