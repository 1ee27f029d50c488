"""Addresses that our servers listen on, and the requests that they accept there.

Used by the dashboard, the translation server, the sampler and `datahall up`.

A server bound to a loopback address is reachable by every web page in a browser of this machine:
directly, or through a host name that the page's owner points to 127.0.0.1 (DNS rebinding). It
therefore accepts a request only when its Host header is an address or a name of this machine.
Rebinding needs a name, so an address in the header is always safe.
"""

import errno
import ipaddress
import re
import socket
from urllib.parse import urlsplit

from core.errors import SettingsError

LARGEST_PORT = 65_535
_ALL_INTERFACES = ("0.0.0.0", "::", "")  # noqa: S104  (compared with, not bound to)
# The syntax of a Host header: an IPv6 address or a name (RFC 3986, 3.2.2), and a port.
HOST_HEADER = re.compile(r"(?P<name>\[[\w.:%~-]+\]|[\w.~!$&'()*+,;=%-]+)(:\d{0,5})?", re.ASCII)
_REASONS = {
    errno.EADDRINUSE: "another program uses this port",
    errno.EACCES: "only root may use this port",
    errno.EADDRNOTAVAIL: "this machine does not have this address",
}


def listen(host: str, port: int, *, server: str, setting: str) -> socket.socket:
    """Return a socket that listens on an address; port 0 lets the system choose one.

    Raises SettingsError that names the server, the reason and `setting`, the name of the variable
    or option that changes the port (or the host).
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, checked_port(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        opened = socket.socket(family, kind, protocol)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind(address)
            opened.listen(socket.SOMAXCONN)
        except OSError:
            opened.close()
            raise
    except (OSError, OverflowError, UnicodeError) as error:
        raise SettingsError(
            f"{server} cannot listen on {host} port {port}: {explain_listen_error(error)}",
            remedy=f"Stop the program that uses the port, or change {setting}",
        ) from error
    return opened


def check_address(host: str, port: int, *, server: str, setting: str) -> None:
    """Raise SettingsError when a server could not listen on an address now; see `listen`."""
    listen(host, port, server=server, setting=setting).close()


def checked_port(port: int) -> int:
    """Return a port number; raises OverflowError, as bind() does, when it is out of range."""
    if not 0 <= port <= LARGEST_PORT:
        raise OverflowError(f"invalid port {port}")
    return port


def explain_listen_error(error: Exception) -> str:
    """Return the reason why a server cannot listen, without the host and the port."""
    if isinstance(error, socket.gaierror | UnicodeError):
        return "the host name cannot be resolved"
    if isinstance(error, OverflowError):
        return f"the port must be between 0 and {LARGEST_PORT}"
    number = error.errno if isinstance(error, OSError) else None
    return _REASONS.get(number or 0) or getattr(error, "strerror", None) or str(error)


def url_of(host: str, port: int) -> str:
    """Return the URL at which this machine reaches a server bound to `host`."""
    name = "127.0.0.1" if host in _ALL_INTERFACES else host
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine alone: `localhost` or a loopback address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def host_name(address: str) -> str:
    """Return the lower-case host in a URL or an Origin header; empty when it is malformed."""
    try:
        return (urlsplit(address).hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_own_name(host_header: str, bound: str) -> bool:
    """Whether a Host header holds an address, or a name of this machine or of the bound host."""
    match = HOST_HEADER.fullmatch(host_header)
    if match is None:
        return False
    name = match["name"].lower().strip("[]").rstrip(".")
    if name in {"localhost", bound.lower(), socket.gethostname().lower()}:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_accepted_host(host_header: str, bound: str) -> bool:
    """Whether a server bound to `bound` accepts a request with this Host header.

    A server that the operator bound to another address than loopback is meant for other machines,
    which call it by names that it cannot know: it accepts every host.
    """
    return not is_loopback(bound) or is_own_name(host_header, bound)


def is_same_origin(origin: str, host_header: str) -> bool:
    """Whether an Origin header names the server of the Host header; False for a malformed one."""
    try:
        netloc = urlsplit(origin).netloc
    except ValueError:
        return False
    return bool(netloc) and netloc.lower() == host_header.lower()
