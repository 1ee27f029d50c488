"""The translation server as a process: `python -P -m core.serving [--home DIR] [--port 5000]`."""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence

import uvicorn

from core.audit import Ledger
from core.clock import SystemClock
from core.database import Database, open_database_of
from core.errors import DatahallError
from core.feedback.store import FeedbackRecorder, FeedbackStore
from core.inference.loading import AttentionLoader, load_translator
from core.network import is_loopback, listen, url_of
from core.registry.registry import ModelRegistry
from core.serving.model_pool import ModelPool
from core.serving.server import TranslationServer
from core.settings import Settings, load_settings

_GRACE_S = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server until SIGTERM (status 0) or Ctrl-C (status 130); return the exit status."""
    parser = argparse.ArgumentParser(prog="core.serving", description=__doc__)
    parser.add_argument("--home", help="home folder")
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--port", type=int, help="port to listen on")
    given = parser.parse_args(arguments)
    flags = {"home": given.home, "serving.host": given.host, "serving.port": given.port}
    try:
        settings = load_settings(environment=os.environ, flags=flags)
        serve(settings, lambda url: print(f"Translation server on {url}", flush=True))
    except DatahallError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


def make_server(settings: Settings, database: Database) -> TranslationServer:
    """Return the translation server of a home folder."""
    clock = SystemClock()
    paths, serving = settings.paths, settings.serving
    recorder = FeedbackRecorder(
        store=FeedbackStore(database), ledger=Ledger(database, clock, paths), clock=clock
    )
    return TranslationServer(
        pool=ModelPool(
            registry=ModelRegistry(database, clock),
            load=lambda version: load_translator(
                paths.model(version.name, version.version), version, serving
            ),
            clock=clock,
        ),
        compute_attention=AttentionLoader(paths, serving).compute,
        recorder=recorder if is_loopback(serving.host) else None,
        settings=serving,
        clock=clock,
    )


def serve(settings: Settings, on_ready: Callable[[str], None]) -> None:
    """Run the server until a signal arrives; requests in progress are finished first.

    `on_ready` is called with the URL once the server listens. Raises SettingsError when it cannot
    listen and KeyboardInterrupt after Ctrl-C.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    settings.paths.prepare()
    serving = settings.serving
    opened = listen(
        serving.host,
        serving.port,
        server="the translation server",
        setting="--port or serving.port",
    )
    database = open_database_of(settings)
    try:
        config = uvicorn.Config(
            make_server(settings, database).app(),
            log_level="error",  # at "warning", each malformed request writes a line
            access_log=False,
            server_header=False,
            proxy_headers=False,  # any client could send X-Forwarded-For
            timeout_graceful_shutdown=_GRACE_S,
            lifespan="on",
        )
        # uvicorn raises the signal again when it has stopped; ignored, SIGTERM ends with status 0.
        signal.signal(signal.SIGTERM, lambda *_: None)
        on_ready(url_of(serving.host, opened.getsockname()[1]))
        uvicorn.Server(config).run(sockets=[opened])
    finally:
        database.close()
        opened.close()


if __name__ == "__main__":
    sys.exit(main())
