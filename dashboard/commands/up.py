"""`datahall up`: start the services, print the sign-in link, supervise until stopped."""

import os
import signal
import sys
import threading
import time
import webbrowser
from dataclasses import dataclass
from typing import Annotated

import httpx
import typer

from core.actions import datasets
from core.actions.workspace import open_workspace
from core.audit import Actor, Role
from core.clock import SystemClock
from core.errors import SettingsError
from core.network import url_of
from core.operations.services import list_services
from core.operations.supervision import Supervision, check_disk_and_ports, lock_home
from core.process.stop_flag import StopFlag
from core.settings import Settings
from dashboard.commands.console import INTERRUPTED, HomeOption, JsonOption, messages, print_json
from dashboard.commands.workspace import read_settings
from dashboard.server.gate.sign_in import issue_token, sign_in_url

READY_S = 90.0
PORTS_S = 5.0
_POLL_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """The options of the command."""

    demo: bool
    no_browser: bool
    as_json: bool


def up(
    host: Annotated[
        str | None, typer.Option(help="Address of the dashboard. [default: 127.0.0.1]")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port of the dashboard. [default: 8501]")] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Simulated GPUs, labelled as such, and the demo corpus.")
    ] = False,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open the link in a browser.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> int:
    """Start all services and the dashboard.

    The services are the sampler, the job supervisor and the translation server; each is restarted
    when it fails. Prints one link that signs you in. Ctrl-C stops the services; running jobs
    continue.

    Example: datahall up --demo
    """
    settings = read_settings(home, web__host=host, web__port=port)
    options = _Options(demo=demo, no_browser=no_browser, as_json=as_json)
    settings.paths.prepare()
    with lock_home(settings.paths):
        _wait_for_ports(settings, options)
        open_workspace(settings).close()  # migrates the database before the services start
        return _supervise(settings, options)


def _supervise(settings: Settings, options: _Options) -> int:
    """Supervise until Ctrl-C (exit status 130) or SIGTERM (0)."""
    supervision = Supervision(
        settings.paths,
        list_services(settings, demo=options.demo),
        SystemClock(),
        environment=_environment(settings),
    )
    url = sign_in_url(settings, issue_token(settings.paths))
    supervision.stopping.listen()
    threading.Thread(
        target=_announce, args=(settings, options, supervision.stopping, url), daemon=True
    ).start()
    supervision.run()
    messages.print("The services are stopped.")
    return INTERRUPTED if supervision.stopping.signal == signal.SIGINT else 0


def _announce(settings: Settings, options: _Options, stopping: StopFlag, url: str) -> None:
    """Print the link when the dashboard answers, then add the demo corpus if requested."""
    health = f"{url_of(settings.web.host, settings.web.port)}/healthz"
    until = time.monotonic() + READY_S
    while not stopping.is_set() and not _answers(health):
        if time.monotonic() > until:
            log = settings.paths.logs / "dashboard.log"
            messages.print(f"The dashboard does not answer yet; see its log {log}")
            until = float("inf")
        time.sleep(_POLL_S)
    if stopping.is_set():
        return
    if options.as_json:
        print_json({"url": url, "home": str(settings.home)})
        sys.stdout.flush()
    else:
        print(f"\nDatahall is running. Open this link to sign in (once):\n\n  {url}\n", flush=True)
        messages.print(f"Home: {settings.home}. Ctrl-C stops the services; running jobs continue.")
    if not options.no_browser and os.environ.get("DISPLAY"):
        webbrowser.open(url)
    if options.demo:
        _add_demo_corpus(settings)


def _add_demo_corpus(settings: Settings) -> None:
    """Add the demo corpus unless a dataset of its name exists."""
    with open_workspace(settings) as workspace:
        if datasets.DEMO not in {dataset.name for dataset in workspace.datasets.list()}:
            actor = Actor(name="datahall up", role=Role.ADMIN, origin="system")
            datasets.add_demo(workspace, actor)


def _wait_for_ports(settings: Settings, options: _Options) -> None:
    """Check disk and ports; wait a moment for the services of a killed `datahall up` to end."""
    until = time.monotonic() + PORTS_S
    while True:
        try:
            return check_disk_and_ports(settings.paths, list_services(settings, demo=options.demo))
        except SettingsError:
            if time.monotonic() > until:
                raise
            time.sleep(_POLL_S)


def _answers(url: str) -> bool:
    """Whether the health endpoint of the dashboard answers."""
    try:
        return httpx.get(url, timeout=1.0).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _environment(settings: Settings) -> dict[str, str]:
    """Return the settings given as options, as environment variables for the services."""
    return {
        "DATAHALL_HOME": str(settings.home),
        "DATAHALL_WEB_HOST": settings.web.host,
        "DATAHALL_WEB_PORT": str(settings.web.port),
    }
