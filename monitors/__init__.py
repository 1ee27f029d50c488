"""Telemetry of this host; knows the foundation of core and nothing of the dashboard."""
