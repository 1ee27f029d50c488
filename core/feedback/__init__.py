"""Corrections of translations, and their export as training data."""
