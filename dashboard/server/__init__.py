"""The ASGI server of the dashboard: application, gate, front page."""
