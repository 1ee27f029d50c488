"""The endpoint /metrics."""
