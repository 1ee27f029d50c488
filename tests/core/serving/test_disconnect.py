"""Clients that disconnect before they are answered."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

from core.database import Database
from core.serving.__main__ import make_server
from core.settings import Settings


def test_a_client_that_disconnects_during_a_request_causes_no_error(
    settings: Settings, database: Database
) -> None:
    statuses: list[int] = []

    async def disconnect() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def record(message: MutableMapping[str, Any]) -> None:
        statuses.append(message.get("status", 0))

    scope = {
        "type": "http", "method": "POST", "path": "/translate", "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        "http_version": "1.1", "scheme": "http", "root_path": "", "raw_path": b"/translate",
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 5000),
    }  # fmt: skip
    asyncio.run(make_server(settings, database).app()(scope, disconnect, record))
    assert statuses[0] == 499
