"""Errors of the API: answered in the format of LibreTranslate, `{"error": "one sentence"}`."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from core.errors import DatahallError, DeniedError, InputError, UnavailableError

_CLIENT_CLOSED = 499  # as in nginx; the client does not receive it
_RETRY_STATUSES = (429, 503)
_HTTP_SENTENCES = {
    404: "unknown path. The API is described at /docs",
    405: "this method is not allowed here. The API is described at /docs",
}


class TooLongError(InputError):
    """A request is longer than the server accepts (status 413)."""

    kind = "too-long"


class BusyError(UnavailableError):
    """Too many requests are waiting (status 429)."""

    kind = "busy"


class ErrorResponse(BaseModel):
    """The reason for the refusal, with the remedy."""

    error: str


async def _on_datahall_error(_request: Request, error: Exception) -> Response:
    """Answer with the status of the error's class."""
    statuses = (
        (TooLongError, 413),
        (InputError, 400),
        (DeniedError, 403),
        (BusyError, 429),
        (UnavailableError, 503),
    )
    status = next((number for kind, number in statuses if isinstance(error, kind)), 500)
    headers = {"Retry-After": "1"} if status in _RETRY_STATUSES else None
    return JSONResponse({"error": str(error)}, status_code=status, headers=headers)


async def _on_http_error(_request: Request, error: Exception) -> Response:
    """Answer a request for an unknown path or with a wrong method."""
    assert isinstance(error, HTTPException)  # noqa: S101  (registered for it alone)
    sentence = _HTTP_SENTENCES.get(error.status_code, error.detail)
    return JSONResponse({"error": sentence}, status_code=error.status_code, headers=error.headers)


async def _on_disconnect(_request: Request, _error: Exception) -> Response:
    """End the request of a client that disconnected, without an entry in the log."""
    return Response(status_code=_CLIENT_CLOSED)


async def _on_unexpected_error(_request: Request, _error: Exception) -> Response:
    """Answer after an unexpected error, whose traceback is in the log of the server."""
    return JSONResponse({"error": "unexpected error. See the log of the server"}, status_code=500)


ERROR_HANDLERS: Mapping[
    int | type[Exception], Callable[[Request, Exception], Coroutine[Any, Any, Response]]
] = {
    DatahallError: _on_datahall_error,
    HTTPException: _on_http_error,
    ClientDisconnect: _on_disconnect,
    Exception: _on_unexpected_error,
}
