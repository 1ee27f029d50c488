"""/metrics over HTTP, on the loopback address unless another one is set."""

import socket
import socketserver
import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST

from core.network import HOST_HEADER, is_accepted_host, listen

Render = Callable[[], bytes | None]

_PORT_VARIABLE = "DATAHALL_SAMPLER_PORT"
_TIMEOUT_S = 5.0


class MetricsEndpoint:
    """Serves GET /metrics in threads of its own: a slow client delays no sample."""

    def __init__(self, host: str, port: int, render: Render) -> None:
        """Listen on an address; `render` returns the text, or None before the first tick.

        Raises SettingsError when the address cannot be used.
        """
        opened = listen(host, port, server="the metrics endpoint", setting=_PORT_VARIABLE)
        self._server = _Server(opened, host, render)
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="metrics", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port in use; chosen by the system when 0 was requested."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(_TIMEOUT_S)


class _Server(socketserver.ThreadingTCPServer):
    """A threading HTTP server on an open socket; closing does not wait for its threads."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, opened: socket.socket, host: str, render: Render) -> None:
        """Serve the connections of a listening socket."""
        self.host = host
        self.render = render
        super().__init__(opened.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = opened

    def handle_error(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """Print the traceback of an error, unless the client closed the connection."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: _Server
    timeout = _TIMEOUT_S
    server_version = "datahall"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer a request for /metrics."""
        hosts = self.headers.get_all("Host", [])
        path = _path(self.path)
        if path is None or len(hosts) != 1 or HOST_HEADER.fullmatch(hosts[0]) is None:
            self.send_error(HTTPStatus.BAD_REQUEST, "Malformed request")
        elif not is_accepted_host(hosts[0], self.server.host):
            self.send_error(HTTPStatus.FORBIDDEN, "Unknown host name")  # DNS rebinding
        elif path != "/metrics":
            self.send_error(HTTPStatus.NOT_FOUND, "Only /metrics exists")
        elif (body := self.server.render()) is None:
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE, "No sample yet")
        else:
            self._send(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (as overridden)
        """Log no requests: they come every few seconds."""

    def _send(self, body: bytes) -> None:
        """Send the text."""
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", CONTENT_TYPE_LATEST)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _path(target: str) -> str | None:
    """Return the path of a request target, or None when it is malformed."""
    try:
        return urlsplit(target).path
    except ValueError:
        return None
