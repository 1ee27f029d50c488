"""Corrections from the page, on their way back to being training data."""
