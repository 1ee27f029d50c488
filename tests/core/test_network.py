"""Addresses of our servers, and the Host and Origin headers that they accept."""

import socket
from contextlib import closing

import pytest

from core.errors import SettingsError
from core.network import (
    check_address,
    is_accepted_host,
    is_loopback,
    is_own_name,
    is_same_origin,
    listen,
    url_of,
)


def probe(host: str, port: int) -> None:
    check_address(host, port, server="the dashboard", setting="DATAHALL_WEB_PORT")


def test_a_free_port_is_listened_on() -> None:
    with closing(listen("127.0.0.1", 0, server="a", setting="b")) as server:
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    probe("127.0.0.1", port)


def test_a_port_in_use_is_reported_with_the_setting_that_changes_it() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        with pytest.raises(SettingsError) as caught:
            probe("127.0.0.1", port)
    assert caught.value.message == (
        f"the dashboard cannot listen on 127.0.0.1 port {port}: another program uses this port"
    )
    assert "DATAHALL_WEB_PORT" in caught.value.remedy


@pytest.mark.parametrize(
    ("host", "port", "reason"),
    [
        ("no.such.host.invalid", 5000, "the host name cannot be resolved"),
        ("a" * 70, 5000, "the host name cannot be resolved"),
        ("192.0.2.1", 5000, "this machine does not have this address"),
        ("127.0.0.1", 70_000, "the port must be between 0 and 65535"),
        ("127.0.0.1", -1, "the port must be between 0 and 65535"),
    ],
)
def test_an_address_that_cannot_be_bound_is_explained(host: str, port: int, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        probe(host, port)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:5000"),
        ("0.0.0.0", "http://127.0.0.1:5000"),  # noqa: S104  (a setting)
        ("::", "http://127.0.0.1:5000"),
        ("::1", "http://[::1]:5000"),
        ("example.org", "http://example.org:5000"),
    ],
)
def test_a_url_reaches_the_server_from_this_machine(host: str, url: str) -> None:
    assert url_of(host, 5000) == url


@pytest.mark.parametrize(
    "header",
    ["127.0.0.1:8501", "localhost:1", "LOCALHOST", "localhost.", "[::1]:8501", "192.0.2.7"],
)
def test_addresses_and_names_of_this_machine_are_accepted(header: str) -> None:
    assert is_accepted_host(header, "127.0.0.1")


@pytest.mark.parametrize(
    "header",
    [
        *("evil.example", "localhost.evil.example:5000"),
        *("127.0.0.1@evil.example", "evil@127.0.0.1", "[evil.example]"),
        *("", "[", "[::1", "[::1]x", "http://[", ":", "/", "a b", "localhost:x"),
    ],
)
def test_other_names_and_malformed_headers_are_refused(header: str) -> None:
    assert not is_accepted_host(header, "127.0.0.1")


def test_the_bound_name_is_accepted() -> None:
    assert is_own_name("Gpu7.lan:8501", "gpu7.lan")
    assert not is_own_name("gpu7.lan:8501", "127.0.0.1")


def test_a_server_for_other_machines_accepts_every_name() -> None:
    assert is_accepted_host("gpu7.example", "0.0.0.0")  # noqa: S104  (a setting)


def test_loopback_hosts() -> None:
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.0.0.2", "::1")))
    assert not any(map(is_loopback, ("", "0.0.0.0", "example.org", "192.0.2.7")))  # noqa: S104


@pytest.mark.parametrize(
    ("origin", "is_same"),
    [
        ("http://127.0.0.1:8501", True),
        ("http://127.0.0.1:9999", False),
        ("https://evil.example", False),
        ("null", False),
        ("http://[", False),
        ("http://[::1", False),
        ("//", False),
    ],
)
def test_an_origin_is_compared_with_the_host_header(origin: str, *, is_same: bool) -> None:
    assert is_same_origin(origin, "127.0.0.1:8501") == is_same
