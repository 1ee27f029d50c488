"""/metrics over HTTP, on this host's loopback address unless told otherwise."""

import socket
import socketserver
import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from core.errors import ConflictError
from core.network import explain_listen_error, is_accepted_host
from monitors.exposition.openmetrics import CONTENT_TYPE

Render = Callable[[], str | None]

_PATIENCE_S = 5.0


class MetricsEndpoint:
    """Serves GET /metrics in threads of its own, so that a slow reader delays no sample."""

    def __init__(self, host: str, port: int, render: Render) -> None:
        """Listen; raises ConflictError when the address is taken or not this host's."""
        try:
            self._server = _Server((host, port), render)
        except (OSError, OverflowError) as error:
            raise ConflictError(
                f"the metrics endpoint cannot listen on {host} port {port}: "
                f"{explain_listen_error(error)}",
                remedy="Free the port, or choose another with DATAHALL_SAMPLER_PORT",
            ) from error
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="metrics", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that is listened on; it was chosen by the system when 0 was asked for."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(_PATIENCE_S)


class _Server(socketserver.ThreadingTCPServer):
    """A threading server that neither looks up its own name nor waits for its threads."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], render: Render) -> None:
        """Listen on an IPv4 or IPv6 address."""
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.render = render
        self.host = address[0]
        super().__init__(address, _Handler)

    def handle_error(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """Complain of our own faults; a reader that went away is none."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: _Server
    timeout = _PATIENCE_S
    server_version = "datahall"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer /metrics."""
        if not is_accepted_host(self.headers.get("Host", ""), self.server.host):
            # A page of another site that rebinds its name to this address is not let in.
            self.send_error(HTTPStatus.FORBIDDEN, "Unknown host name")
            return
        if urlsplit(self.path).path != "/metrics":
            self.send_error(HTTPStatus.NOT_FOUND, "Only /metrics is here")
            return
        text = self.server.render()
        if text is None:
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE, "No sample yet")
            return
        body = text.encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (as overridden)
        """Log nothing: a scrape every few seconds is no news."""
