"""The server of the dashboard: process, ASGI app, set-up of Streamlit, gate."""
