"""Corpus formats: one module for each way in which files hold pairs."""
