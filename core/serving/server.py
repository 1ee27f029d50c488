"""The translation server: the REST API of LibreTranslate with additions.

A few threads translate; further requests wait, and when too many wait they are refused with status
429. Each request uses one model version from start to end. Path of a request: `requests` reads it,
`model_pool` selects the model, `responses` describes the result.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TypeVar

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel
from starlette.requests import Request

from core.audit import Actor, Role
from core.clock import Clock
from core.errors import DeniedError
from core.feedback.store import FeedbackRecorder
from core.inference.language import identify_language
from core.inference.translator import Attention, Translator
from core.registry.records import ModelVersion
from core.serving import responses
from core.serving.docs_page import docs_page
from core.serving.errors import ERROR_HANDLERS, BusyError, ErrorResponse
from core.serving.host_guard import HostGuard
from core.serving.metrics import Metrics, MetricsMiddleware
from core.serving.model_pool import ModelPool
from core.serving.requests import (
    FORM_TYPES,
    AttentionRequest,
    DetectRequest,
    RequestModel,
    SuggestRequest,
    TranslateRequest,
    read_request,
)
from core.settings import ServingSettings

POLL_S = 0.5
MAX_WAITING = 64
MAX_STORING = 4  # suggestions at a time, because each is written durably
# Suggestions come from this machine alone: the host guard refuses others.
CLIENT = Actor(name="client", role=Role.OPERATOR, origin="api")
_REFUSALS = {
    400: "A field is missing or invalid.",
    403: "The request comes from another machine, or from a web page of one.",
    413: "The text is too long.",
}
_MODEL_REFUSALS = _REFUSALS | {
    429: "Too many requests are waiting. Retry after the seconds in Retry-After.",
    503: "No model is loaded.",
}

# Returns the attention of a text: version, its translator, text, beam width.
ComputeAttention = Callable[[ModelVersion, Translator, str, int], Attention]
T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class TranslationServer:
    """Answers requests with the models of a pool; without a `recorder` it takes no suggestions."""

    pool: ModelPool
    compute_attention: ComputeAttention
    settings: ServingSettings
    clock: Clock
    recorder: FeedbackRecorder | None = None
    poll_s: float = POLL_S
    metrics: Metrics = field(default_factory=Metrics)
    started_at: float = 0.0
    _workers: ThreadPoolExecutor | None = None
    _problem: str = ""
    _num_storing: int = 0

    def app(self) -> FastAPI:
        """Return the ASGI application."""
        app = FastAPI(
            title="Datahall translation server",
            version=version("datahall"),
            openapi_url=None,  # FastAPI's page of it loads JavaScript from the internet
            lifespan=self._lifespan,
            exception_handlers=dict(ERROR_HANDLERS),
        )
        posted = (
            ("/translate", self.translate, TranslateRequest, _MODEL_REFUSALS),
            ("/suggest", self.suggest, SuggestRequest, _MODEL_REFUSALS),
            ("/detect", self.detect, DetectRequest, _REFUSALS),
            ("/attention", self.attention, AttentionRequest, _MODEL_REFUSALS),
        )
        for path, endpoint, model, refusals in posted:
            app.add_api_route(
                path, endpoint, methods=["POST"], operation_id=path.strip("/"),
                response_model_exclude_none=True,
                openapi_extra={"requestBody": _describe_body(model)},
                responses={
                    status: {"model": ErrorResponse, "description": text}
                    for status, text in refusals.items()
                },
            )  # fmt: skip
        app.add_api_route("/languages", self.languages)
        app.add_api_route("/frontend/settings", self.frontend_settings)
        app.add_api_route("/health", self.health)
        app.add_api_route(
            "/metrics", self.exposition, response_class=Response,
            responses={200: {"content": {"text/plain": {}}}},
        )  # fmt: skip
        for path, page in (("/", self.root), ("/docs", self.docs), ("/spec", self.spec)):
            app.add_api_route(path, page, include_in_schema=False)
        app.add_middleware(HostGuard, bound=self.settings.host)
        app.add_middleware(
            MetricsMiddleware,
            metrics=self.metrics,
            clock=self.clock,
            paths=frozenset(path for path, *_ in posted),
        )
        return app

    async def translate(self, request: Request) -> responses.TranslateResponse:
        """Translate a text, or a list of texts."""
        started = self.clock.monotonic()
        given = await self._read(request, TranslateRequest)
        model = self.pool.choose(*given.direction)
        n_best = 1 + (given.alternatives or 0)
        beam = max(given.beam or self.settings.beam, n_best)
        found, detected = await self._run(
            lambda: (
                model.translator.translate(given.texts, beam=beam, n_best=n_best),
                responses.detect_languages(given, model),
            )
        )
        self.metrics.characters += given.num_characters
        milliseconds = (self.clock.monotonic() - started) * 1000
        return responses.TranslateResponse.of(given, model, found, detected, milliseconds)

    async def suggest(self, request: Request) -> responses.SuggestResponse:
        """Store a better translation as a correction, which becomes training data."""
        if self.recorder is None:
            raise DeniedError(
                "suggestions are accepted only while the server listens on this machine alone",
                remedy="Correct translations on the page Translate",
            )
        given = await self._read(request, SuggestRequest)
        version = self.pool.choose_only(*given.direction).version
        if self._num_storing >= MAX_STORING:
            raise BusyError("the server is busy", remedy="Try again in a moment")
        self._num_storing += 1
        try:
            await asyncio.to_thread(
                self.recorder.record,
                CLIENT,
                languages=(version.source, version.target),
                source=given.q,
                correction=given.s,
                model=f"{version.name}:{version.version}",
            )
        finally:
            self._num_storing -= 1
        return responses.SuggestResponse()

    async def detect(self, request: Request) -> list[responses.DetectedLanguage]:
        """Identify the language of a text."""
        given = await self._read(request, DetectRequest)
        guesses = await self._run(lambda: identify_language("\n".join(given.texts)))
        return [
            responses.DetectedLanguage(language=guess.language, confidence=guess.confidence)
            for guess in guesses
        ]

    async def attention(self, request: Request) -> responses.AttentionResponse:
        """Return the cross-attention of a translation; needs torch."""
        given = await self._read(request, AttentionRequest)
        model = self.pool.choose(*given.direction)
        beam = given.beam or self.settings.beam
        found = await self._run(
            lambda: self.compute_attention(model.version, model.translator, given.q, beam)
        )
        return responses.AttentionResponse.of(found)

    async def languages(self) -> list[responses.Language]:
        """List the languages and what each can be translated to."""
        return responses.describe_languages(self.pool.models())

    async def frontend_settings(self) -> responses.FrontendSettings:
        """Return the limits and features of this server, for LibreTranslate clients."""
        models = self.pool.models()
        pair = (models[0].version.source, models[0].version.target) if models else ("en", "es")
        source, target = map(responses.LanguageName.of, pair)
        return responses.FrontendSettings(
            char_limit=self.settings.max_characters,
            language=responses.LanguagePair(source=source, target=target),
            suggestions=self.recorder is not None,
        )

    async def health(self) -> responses.HealthResponse:
        """Return the loaded models, the uptime, and what is wrong."""
        models = responses.describe_models(self.pool.models())
        return responses.HealthResponse(
            model=models[0].model if models else None,
            models=models,
            uptime_s=self.clock.now() - self.started_at,
            requests=self.metrics.total,
            failures=self.metrics.failures,
            waiting=self.metrics.waiting,
            problem=self._problem or self.pool.problem(),
        )

    async def exposition(self) -> Response:
        """Return counters and latencies for Prometheus."""
        names = [model.translator.version for model in self.pool.models()]
        return Response(self.metrics.exposition(names), media_type=CONTENT_TYPE_LATEST)

    async def root(self) -> JSONResponse:
        """Name the server and the paths to start with."""
        return JSONResponse(
            {
                "name": "Datahall translation server",
                "translate": 'POST /translate {"q": "Hello", "source": "en", "target": "es"}',
                "see": ["/docs", "/languages", "/health", "/metrics"],
            }
        )

    async def docs(self, request: Request) -> Response:
        """Describe the API: as a page for browsers, else as OpenAPI document."""
        if "text/html" not in request.headers.get("accept", ""):
            return await self.spec(request)
        return HTMLResponse(docs_page(request.app.openapi(), str(request.base_url)))

    async def spec(self, request: Request) -> JSONResponse:
        """Describe the API as OpenAPI document."""
        return JSONResponse(request.app.openapi())

    @asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        """Run the worker threads, and follow the alias, while the server runs."""
        self.started_at = self.clock.now()
        with ThreadPoolExecutor(self.settings.workers, "translate") as self._workers:
            follower = asyncio.create_task(self._follow_alias())
            try:
                yield
            finally:
                follower.cancel()
                with suppress(asyncio.CancelledError):
                    await follower

    async def _follow_alias(self) -> None:
        """Refresh the pool periodically; while the database fails, loaded models are served."""
        while True:
            try:
                await asyncio.to_thread(self.pool.refresh)
                self._problem = ""
            except Exception as error:  # noqa: BLE001  (no error may end this task)
                if not self._problem:
                    _log.warning("the registry cannot be read", exc_info=error)
                self._problem = f"the registry cannot be read: {error}"
            await asyncio.sleep(self.poll_s)

    async def _read(self, request: Request, model: type[RequestModel]) -> RequestModel:
        """Read and check a request."""
        return await read_request(request, model, self.settings.max_characters)

    async def _run(self, work: Callable[[], T]) -> T:
        """Run work in a worker thread; raises BusyError when too many requests are waiting."""
        if self.metrics.waiting >= MAX_WAITING:
            raise BusyError("the server is busy", remedy="Try again in a moment")
        self.metrics.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._workers, work)
        finally:
            self.metrics.waiting -= 1


def _describe_body(model: type[BaseModel]) -> dict[str, object]:
    """Return the OpenAPI description of a request, which is JSON or a form."""
    schema = {"schema": model.model_json_schema()}
    return {"required": True, "content": dict.fromkeys(("application/json", *FORM_TYPES), schema)}
