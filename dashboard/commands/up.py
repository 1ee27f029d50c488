"""`datahall up`: start everything, print one link, keep it alive."""

import os
import signal
import sys
import threading
import time
import webbrowser
from typing import Annotated

import httpx
import typer

from core.actions import datasets
from core.actions.workspace import open_workspace
from core.audit import Actor, Role
from core.clock import SystemClock
from core.errors import SettingsError
from core.network import url_of
from core.operations.services import services
from core.operations.supervise import Supervision, check_ground, hold_home
from core.process.stop_flag import StopFlag
from core.settings import Settings
from dashboard.commands.console import INTERRUPTED, HomeOption, JsonOption, messages, print_json
from dashboard.commands.workspace import read_settings
from dashboard.server.gate.sign_in import issue_token, sign_in_url

READY_S = 90.0
PORTS_S = 5.0
_POLL_S = 0.1


def up(
    host: Annotated[str | None, typer.Option(help="Address of the dashboard.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the dashboard.")] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Simulated GPUs, labelled so, and the demo corpus.")
    ] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> int:
    """Start sampler, job supervisor, translation server and dashboard. Example: datahall up --demo.

    Prints one link that signs you in. Ctrl-C stops them; running jobs go on.
    """
    settings = read_settings(home, web__host=host, web__port=port)
    settings.paths.prepare()
    with hold_home(settings.paths):
        _await_ground(settings, demo=demo)
        open_workspace(settings).close()  # migrate before the services start
        return _run(settings, demo=demo, no_browser=no_browser, as_json=as_json)


def _run(settings: Settings, *, demo: bool, no_browser: bool, as_json: bool) -> int:
    """Supervise until Ctrl-C (130) or SIGTERM (0); a thread greets once the page answers."""
    supervision = Supervision(
        settings.paths,
        services(settings, demo=demo),
        SystemClock(),
        environment=_environment(settings),
    )
    url = sign_in_url(settings, issue_token(settings.paths))
    supervision.stopping.listen()
    greeting = threading.Thread(
        target=_greet,
        args=(settings, supervision.stopping, url),
        kwargs={"demo": demo, "no_browser": no_browser, "as_json": as_json},
        daemon=True,
    )
    greeting.start()
    supervision.run()
    messages.print("Datahall is down.")
    return INTERRUPTED if supervision.stopping.signal == signal.SIGINT else 0


def _greet(
    settings: Settings,
    stopping: StopFlag,
    url: str,
    *,
    demo: bool,
    no_browser: bool,
    as_json: bool,
) -> None:
    """Print the link once the dashboard answers, then add the demo corpus where it is asked for."""
    health = f"{url_of(settings.web.host, settings.web.port)}/healthz"
    until = time.monotonic() + READY_S
    while not stopping.is_set() and not _answers(health):
        if time.monotonic() > until:
            logs = settings.paths.logs / "dashboard.log"
            messages.print(f"The dashboard does not answer yet; its log is {logs}")
            until = float("inf")
        time.sleep(_POLL_S)
    if stopping.is_set():
        return
    if as_json:
        print_json({"url": url, "home": str(settings.home)})
        sys.stdout.flush()
    else:
        print(f"\nDatahall is up. Open this link, it signs you in once:\n\n  {url}\n", flush=True)
        messages.print(f"Home: {settings.home}. Ctrl-C stops the services; running jobs go on.")
    if not no_browser and os.environ.get("DISPLAY"):
        webbrowser.open(url)
    if demo:
        _add_demo_corpus(settings)


def _add_demo_corpus(settings: Settings) -> None:
    """Add the demo corpus, unless it is there."""
    workspace = open_workspace(settings)
    try:
        if datasets.DEMO not in {dataset.name for dataset in workspace.datasets.list()}:
            datasets.add_demo(
                workspace, Actor(name="datahall up", role=Role.ADMIN, origin="system")
            )
    finally:
        workspace.close()


def _await_ground(settings: Settings, *, demo: bool) -> None:
    """Check disk and ports; the services of an `up` that was killed get a moment to end."""
    until = time.monotonic() + PORTS_S
    while True:
        try:
            return check_ground(settings.paths, services(settings, demo=demo))
        except SettingsError:
            if time.monotonic() > until:
                raise
            time.sleep(_POLL_S)


def _answers(url: str) -> bool:
    """Whether the dashboard's health endpoint answers."""
    try:
        return httpx.get(url, timeout=1.0).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _environment(settings: Settings) -> dict[str, str]:
    """Return the settings given as flags, in the form that child processes read."""
    return {
        "DATAHALL_HOME": str(settings.home),
        "DATAHALL_WEB_HOST": settings.web.host,
        "DATAHALL_WEB_PORT": str(settings.web.port),
    }
