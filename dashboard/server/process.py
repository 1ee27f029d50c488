"""The dashboard's process: `python -P -m dashboard.server.process --home DIR --port N`."""

import argparse
import os
import sys
from collections.abc import MutableMapping, Sequence

from core.clock import SystemClock
from core.errors import DatahallError
from core.network import check_address
from core.settings import Settings, load_settings


def main(arguments: Sequence[str], environment: MutableMapping[str, str]) -> int:
    """Serve until a signal; returns the exit status, 2 when it cannot start."""
    try:
        settings = _settings(arguments, environment)
        settings.paths.prepare()
        # Streamlit would log that the port is in use, and take the next one.
        check_address(
            settings.web.host,
            settings.web.port,
            server="the dashboard",
            setting="--port, --host or the settings web.port, web.host",
        )
    except DatahallError as error:
        print(f"datahall: {error}", file=sys.stderr)  # noqa: T201  (an entry point)
        return error.exit_code
    # Pages read their settings from the environment.
    environment["DATAHALL_HOME"] = str(settings.home)
    environment["DATAHALL_WEB_HOST"] = settings.web.host
    environment["DATAHALL_WEB_PORT"] = str(settings.web.port)
    # By default uvicorn lets any program of this machine set the client address in the audit log.
    environment.setdefault("FORWARDED_ALLOW_IPS", "")
    _serve(settings)
    return 0


def _settings(arguments: Sequence[str], environment: MutableMapping[str, str]) -> Settings:
    """Return the settings; raises SettingsError."""
    parser = argparse.ArgumentParser(
        prog="python -P -m dashboard.server.process",
        description="Serve the dashboard. `datahall up` starts it together with the rest.",
    )
    parser.add_argument("--home", help="home folder")
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--port", type=int, help="port to listen on")
    given = parser.parse_args(arguments)
    flags = {"home": given.home, "web.host": given.host, "web.port": given.port}
    return load_settings(environment=environment, flags=flags)


def _serve(settings: Settings) -> None:
    """Run the server."""
    # Imported only now, so that a wrong flag is answered at once.
    from dashboard.server.asgi_app import create_app  # noqa: PLC0415  (after the settings)
    from dashboard.server.streamlit_setup import streamlit_options  # noqa: PLC0415  (after the settings)

    create_app(settings, SystemClock()).run(config=streamlit_options(settings))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
