"""Scores of a checkpoint on a split."""
