"""Everyday English-Spanish sentences made from a grammar and a lexicon of our own."""

from core.data.demo.corpus import DEMO_TOPICS, demo_pairs

__all__ = ["DEMO_TOPICS", "demo_pairs"]
