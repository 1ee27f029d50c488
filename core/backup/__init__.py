"""Encrypted, deduplicated, verified snapshots."""
