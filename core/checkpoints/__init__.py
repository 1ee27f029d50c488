"""Checkpoints of a run: write, manifest, list, best, newest good, retention, load."""
