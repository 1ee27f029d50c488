"""Corpus formats: each reads pairs out of files."""
