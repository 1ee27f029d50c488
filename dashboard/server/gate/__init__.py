"""The gate: access control before every HTTP request and WebSocket of the dashboard.

One request is followed in `middleware.py`; `sign_in.py` holds tokens and sessions, `pages.py` the
gate's own pages. This package imports none of them: `datahall up` needs `sign_in.py` alone, and
Starlette would slow down its start.
"""
