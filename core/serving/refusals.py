"""How errors are answered: LibreTranslate's shape, one key and one sentence."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from core.errors import DatahallError, DeniedError, InputError, UnavailableError
from core.serving.body import TooLongError

_CLIENT_CLOSED = 499  # nginx's code for it; nobody reads it


class BusyError(UnavailableError):
    """Too many requests wait already (429)."""

    kind = "busy"


async def _tell_error(_request: Request, error: Exception) -> Response:
    """Return a DatahallError in LibreTranslate's shape."""
    statuses = (
        (TooLongError, 413),
        (InputError, 400),
        (DeniedError, 403),
        (BusyError, 429),
        (UnavailableError, 503),
    )
    status = next((number for kind, number in statuses if isinstance(error, kind)), 500)
    headers = {"Retry-After": "1"} if status in (429, 503) else None
    return JSONResponse({"error": str(error)}, status_code=status, headers=headers)


async def _tell_nobody(_request: Request, _error: Exception) -> Response:
    """Answer a client that left in the middle of its request: no fault of ours, nothing to log."""
    return Response(status_code=_CLIENT_CLOSED)


async def _tell_status(_request: Request, error: Exception) -> Response:
    """Return an unknown path or method in LibreTranslate's shape."""
    status, detail = 500, str(error)
    if isinstance(error, HTTPException):
        status, detail = error.status_code, error.detail
    return JSONResponse({"error": detail}, status_code=status)


HANDLERS: Mapping[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    DatahallError: _tell_error,
    HTTPException: _tell_status,
    ClientDisconnect: _tell_nobody,
}
