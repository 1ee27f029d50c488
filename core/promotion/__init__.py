"""Promotion of a run to a model version, and rollback."""
