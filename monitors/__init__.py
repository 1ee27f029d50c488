"""Telemetry of this host; imports only the foundation of core, and nothing of the dashboard."""
