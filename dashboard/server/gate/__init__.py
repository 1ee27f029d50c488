"""The gate: who may reach the dashboard. It stands before HTTP and WebSocket alike.

A one-time link gives a signed cookie; everything else is refused. Whoever passes is named to the
page in headers that only the gate can set.
"""

from dashboard.server.gate.middleware import HEALTH_PATH, SIGN_OUT_PATH, Gate
from dashboard.server.gate.sessions import Session, SessionBook
from dashboard.server.gate.tokens import TokenDesk, issue_token, sign_in_url

__all__ = [
    "HEALTH_PATH",
    "SIGN_OUT_PATH",
    "Gate",
    "Session",
    "SessionBook",
    "TokenDesk",
    "issue_token",
    "sign_in_url",
]
