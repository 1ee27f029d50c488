"""The ASGI app of the dashboard: Streamlit behind the gate, and the routes that charts poll."""

import asyncio
import gc
import importlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from core.clock import Clock
from core.errors import DatahallError, InputError, NotFoundError, UnavailableError
from core.settings import Settings
from dashboard import resources
from dashboard.server.gate.middleware import HEALTH_PATH, GateMiddleware
from dashboard.server.gate.sign_in import SessionStore, TokenStore
from dashboard.server.streamlit_setup import content_policy, front_page
from dashboard.viewmodels.chart_feed import metrics_answer, telemetry_answer

HERE = Path(__file__).parents[1]
SCRIPT = HERE / "navigation.py"
# Otherwise the first page would import them while its user waits.
PRELOADED = (
    "pandas",
    "pyarrow",
    "streamlit.elements.arrow",
    "dashboard.widgets.live_charts",
)


def create_app(settings: Settings, clock: Clock, script: Path = SCRIPT) -> st.App:
    """Return the app; its `run` needs `streamlit_options` as `config`."""
    gate = Middleware(
        GateMiddleware,
        settings=settings.web,
        sessions=SessionStore(settings.paths, settings.web.session_hours, clock),
        tokens=TokenStore(settings.paths.sign_in_token, clock),
        policy=content_policy(),
        ledger=lambda: resources.workspace().ledger,
    )
    return st.App(
        script,
        lifespan=_lifespan,
        middleware=[gate],
        routes=[
            *(Route(path, _front) for path in ("/", *_page_paths())),
            Route(HEALTH_PATH, _health),
            Route("/api/telemetry", _telemetry(clock)),
            Route("/api/metrics", _metrics),
            Route("/api/runs/{run}/log", _run_log),
        ],
        exception_handlers={DatahallError: _error},
    )


@asynccontextmanager
async def _lifespan(_app: st.App) -> AsyncIterator[None]:
    """Preload modules in a thread, so that the server answers at once."""
    preloading = asyncio.create_task(asyncio.to_thread(preload))
    yield
    await preloading


def preload() -> None:
    """Import the modules that pages need, and exempt them from garbage collection.

    Streamlit collects garbage after every script run: walking all modules each time would take
    several times as long as the refresh of a page.
    """
    for name in PRELOADED:
        importlib.import_module(name)
    resources.workspace()
    gc.collect()
    gc.freeze()


def _page_paths() -> Sequence[str]:
    """Return the paths of the pages: Streamlit derives them from the file names."""
    return [f"/{path.stem}" for path in sorted((HERE / "views").glob("[!_]*.py"))]


async def _front(_request: Request) -> Response:
    """Return the page that starts Streamlit's front end."""
    return HTMLResponse(front_page(), headers={"cache-control": "no-cache"})


async def _health(_request: Request) -> Response:
    """Return 200 while the process serves; needs no session, reveals nothing else."""
    return JSONResponse({"status": "ok"})


def _telemetry(clock: Clock) -> Callable[[Request], Response]:
    """Return the endpoint of telemetry series."""

    def endpoint(request: Request) -> Response:
        query = request.query_params
        return _json(
            telemetry_answer(
                resources.telemetry(),
                query.getlist("s"),
                span=query.get("span", ""),
                bands=query.get("band", ""),
                cursor=query.get("cursor", ""),
                now=clock.now(),
            )
        )

    return endpoint


def _metrics(request: Request) -> Response:
    """Return metric series of runs."""
    query = request.query_params
    return _json(
        metrics_answer(
            resources.workspace().runs,
            query.getlist("s"),
            elapsed="elapsed" in query,
            cursor=query.get("cursor", ""),
        )
    )


def _run_log(request: Request) -> Response:
    """Return the log of a run as a download, streamed from disk."""
    run = resources.workspace().runs.get(request.path_params["run"])
    path = resources.workspace().paths.run_log(run.id)
    if not path.exists():
        raise NotFoundError(f"run {run.spec.name} has no log yet")
    return FileResponse(path, media_type="text/plain", filename=f"{run.id}.log")


def _error(_request: Request, error: DatahallError) -> Response:
    """Return an error as JSON, in the form of every `--json` failure."""
    status = {NotFoundError: 404, UnavailableError: 503}.get(type(error))
    code = status or (400 if isinstance(error, InputError) else 500)
    return JSONResponse({"error": error.to_document()}, code)


def _json(document: Mapping[str, object]) -> Response:
    """Return a document that must not be cached."""
    return JSONResponse(document, headers={"cache-control": "no-store"})
