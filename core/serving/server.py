"""The translation server: LibreTranslate's REST shape, with what Datahall adds beside it.

Inference runs in a few threads; more requests wait, and when too many wait they are told so (429).
Each request keeps the version that it began with. torch is imported only when attention is asked.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import TypeVar

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.audit import Actor, Role
from core.clock import Clock
from core.errors import DeniedError, InputError
from core.feedback.store import FeedbackRecorder
from core.inference.language import detect
from core.inference.translator import Attention, Translator
from core.registry.records import ModelVersion
from core.serving import documents
from core.serving.api import docs_page, openapi_document
from core.serving.body import (
    Fields,
    TooLongError,
    TranslationRequest,
    max_bytes,
    read_fields,
    read_suggestion,
    read_translation,
)
from core.serving.counters import Counters, Metered
from core.serving.host_gate import HostGate
from core.serving.model_pool import ModelPool
from core.serving.refusals import HANDLERS, BusyError
from core.settings import ServingSettings

POLL_S = 0.5
MAX_WAITING = 64
MAX_KEEPING = 4  # suggestions at a time: each is written durably
CLIENT = Actor(name="client", role=Role.OPERATOR, origin="api")  # of this machine, says the gate

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
    counters: Counters = field(default_factory=Counters)
    started_at: float = 0.0
    _workers: ThreadPoolExecutor | None = None
    _problem: str = ""
    _keeping: int = 0

    def app(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(
            routes=[
                Route("/", self._root),
                Route("/translate", self._translate, methods=["POST"]),
                Route("/suggest", self._suggest, methods=["POST"]),
                Route("/detect", self._detect, methods=["POST"]),
                Route("/attention", self._attention, methods=["POST"]),
                Route("/languages", self._languages),
                Route("/frontend/settings", self._frontend_settings),
                Route("/health", self._health),
                Route("/metrics", self._metrics),
                Route("/docs", self._docs),
                Route("/spec", self._spec),
            ],
            middleware=[
                Middleware(Metered, counters=self.counters, clock=self.clock),
                Middleware(HostGate, host=self.settings.host),
            ],
            exception_handlers=HANDLERS,
            lifespan=self._lifespan,
        )

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """Watch the alias while the server runs."""
        self.started_at = self.clock.now()
        with ThreadPoolExecutor(self.settings.workers, "translate") as self._workers:
            watcher = asyncio.create_task(self._watch())
            try:
                yield
            finally:
                watcher.cancel()
                with suppress(asyncio.CancelledError):
                    await watcher

    async def _watch(self) -> None:
        """Follow the alias for ever; while the database cannot be read, what is loaded serves."""
        while True:
            try:
                await asyncio.to_thread(self.pool.refresh)
                self._problem = ""
            except Exception as error:  # noqa: BLE001  (the watcher outlives whatever it meets)
                if not self._problem:
                    _log.warning("the registry cannot be read", exc_info=error)
                self._problem = f"the registry cannot be read: {error}"
            await asyncio.sleep(self.poll_s)

    async def _translate(self, request: Request) -> Response:
        """`POST /translate`."""
        started = self.clock.monotonic()
        asked = await self._read(request)
        model = self.pool.choose(asked.source, asked.target)
        found = await self._work(
            lambda: model.translator.translate(
                asked.texts, beam=asked.beam, n_best=asked.alternatives + 1
            )
        )
        self.counters.characters += sum(len(text) for text in asked.texts)
        milliseconds = (self.clock.monotonic() - started) * 1000
        return JSONResponse(documents.translation_document(asked, model, found, milliseconds))

    async def _attention(self, request: Request) -> Response:
        """`POST /attention`: tokens and weights of the translation of one text."""
        asked = await self._read(request)
        if asked.is_list:
            raise InputError("Invalid request: q is one text")
        model = self.pool.choose(asked.source, asked.target)
        found = await self._work(
            lambda: self.compute_attention(
                model.version, model.translator, asked.texts[0], asked.beam
            )
        )
        return JSONResponse(asdict(found))

    async def _suggest(self, request: Request) -> Response:
        """`POST /suggest`: a better translation, kept as a correction."""
        if self.recorder is None:
            raise DeniedError("suggestions are taken while the server listens on this machine only")
        fields = await self._fields(request)
        told = read_suggestion(fields, max_characters=self.settings.max_characters)
        version = self.pool.choose_only(told.source, told.target).version
        if self._keeping >= MAX_KEEPING:
            raise BusyError("the server is busy", remedy="Try again in a moment")
        self._keeping += 1
        try:
            await asyncio.to_thread(
                self.recorder.record,
                CLIENT,
                languages=(version.source, version.target),
                source=told.text,
                correction=told.translation,
                model=f"{version.name}:{version.version}",
            )
        finally:
            self._keeping -= 1
        return JSONResponse({"success": True})

    async def _detect(self, request: Request) -> Response:
        """`POST /detect`."""
        asked = await self._read(request)
        return JSONResponse([asdict(guess) for guess in detect("\n".join(asked.texts))])

    async def _languages(self, _request: Request) -> Response:
        """`GET /languages`."""
        return JSONResponse(documents.languages_document(self.pool.models()))

    async def _frontend_settings(self, _request: Request) -> Response:
        """`GET /frontend/settings`."""
        limit = self.settings.max_characters
        models, takes = self.pool.models(), self.recorder is not None
        return JSONResponse(documents.frontend_document(models, limit, takes_suggestions=takes))

    async def _health(self, _request: Request) -> Response:
        """`GET /health`: 200 while the process works, with or without a model."""
        models = documents.model_documents(self.pool.models())
        return JSONResponse(
            {
                "status": "ok",
                "model": models[0]["model"] if models else None,
                "models": models,
                "uptime_s": self.clock.now() - self.started_at,
                "requests": self.counters.total,
                "failures": self.counters.failures,
                "waiting": self.counters.waiting,
                "problem": self._problem or self.pool.problem(),
            }
        )

    async def _metrics(self, _request: Request) -> Response:
        """`GET /metrics`."""
        names = [model.translator.version for model in self.pool.models()]
        return PlainTextResponse(self.counters.exposition(names))

    async def _root(self, _request: Request) -> Response:
        """`GET /`: what this is, for whoever opens the address in a browser."""
        return JSONResponse(
            {
                "name": "Datahall translation server",
                "translate": 'POST /translate {"q": "Hello", "source": "en", "target": "es"}',
                "see": ["/docs", "/languages", "/health", "/metrics"],
            }
        )

    async def _docs(self, request: Request) -> Response:
        """`GET /docs`: the API for people; for programs, which do not ask for HTML, as `/spec`."""
        if "text/html" not in request.headers.get("accept", ""):
            return await self._spec(request)
        return HTMLResponse(docs_page(str(request.base_url)))

    async def _spec(self, _request: Request) -> Response:
        """`GET /spec`: the API for programs."""
        return JSONResponse(openapi_document(version("datahall")))

    async def _read(self, request: Request) -> TranslationRequest:
        """Return what a request asks to translate."""
        return read_translation(
            await self._fields(request),
            beam=self.settings.beam,
            max_characters=self.settings.max_characters,
        )

    async def _fields(self, request: Request) -> Fields:
        """Return the body's fields, read no further than a text within the limit can reach."""
        limit = max_bytes(self.settings.max_characters)
        content = bytearray()
        async for chunk in request.stream():
            content += chunk
            if len(content) > limit:
                raise TooLongError(
                    f"Invalid request: the body exceeds {limit} bytes",
                    remedy=f"Send at most {self.settings.max_characters} characters at a time",
                )
        return read_fields(bytes(content), request.headers.get("content-type", ""))

    async def _work(self, work: Callable[[], T]) -> T:
        """Do work in one of the few threads; raises BusyError when too many wait."""
        if self.counters.waiting >= MAX_WAITING:
            raise BusyError("the server is busy", remedy="Try again in a moment")
        self.counters.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._workers, work)
        finally:
            self.counters.waiting -= 1
