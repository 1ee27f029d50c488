"""Everyday English-Spanish sentences generated from a grammar and word lists."""

from core.data.demo.corpus import DEMO_TOPICS, demo_pairs

__all__ = ["DEMO_TOPICS", "demo_pairs"]
