"""The dashboard's server warms up beside its first requests."""

import gc

import pytest

from dashboard import resources
from dashboard.server.asgi_app import warm_up


def test_what_pages_need_is_exempt_from_garbage_collection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit collects after every script run: walking all modules costs more than a page."""
    monkeypatch.setattr(resources, "workspace", lambda: None)
    gc.unfreeze()
    try:
        warm_up()
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
