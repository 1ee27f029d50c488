"""Encrypted, deduplicated, proven snapshots."""
