"""Cleaning rules and text normalisation for parallel text."""
