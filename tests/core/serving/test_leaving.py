"""Clients that leave before they are answered."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

from core.database import Database
from core.serving.__main__ import make_server
from core.settings import Settings


def test_a_client_that_leaves_in_the_middle_raises_nothing(
    settings: Settings, database: Database
) -> None:
    told: list[int] = []

    async def leave() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def hear(message: MutableMapping[str, Any]) -> None:
        told.append(message.get("status", 0))

    scope = {
        "type": "http", "method": "POST", "path": "/translate", "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        "http_version": "1.1", "scheme": "http", "root_path": "", "raw_path": b"/translate",
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 5000),
    }  # fmt: skip
    asyncio.run(make_server(settings, database).app()(scope, leave, hear))
    assert told[0] == 499
