"""The demo corpus: sentences drawn from every topic until each has its share."""

import random
from collections.abc import Mapping, Sequence

from core.data.demo.catalog import TOPICS
from core.data.demo.frames import FRAMES
from core.data.demo.shared import COMMON, PEOPLE
from core.data.demo.template import Template
from core.data.demo.topic import Topic
from core.data.demo.words import Word
from core.data.records import Pair

DEMO_TOPICS: tuple[str, ...] = tuple(topic.name for topic in TOPICS)
PAIRS_PER_TOPIC = 640
_OWN_SHARE = 0.45
_PATIENCE = 12


def demo_pairs(seed: int = 0) -> Sequence[Pair]:
    """Return the corpus: the same pairs for the same seed, topic after topic.

    No English sentence occurs twice, so none has two translations.
    """
    seen: dict[str, Pair] = {}
    for topic in TOPICS:
        for pair in _draw(topic, random.Random(f"{seed}/{topic.name}")):  # noqa: S311  (a corpus)
            seen.setdefault(pair.source, pair)
    return tuple(seen.values())


def topic_pairs(topic: Topic, seed: int = 0) -> Sequence[Pair]:
    """Return the sentences of one topic."""
    return tuple(_draw(topic, random.Random(f"{seed}/{topic.name}")))  # noqa: S311  (no secret)


def _draw(topic: Topic, source: random.Random) -> Sequence[Pair]:
    """Return up to PAIRS_PER_TOPIC sentences, fewer when the topic has no more to say."""
    words = {**PEOPLE, **COMMON, **topic.words}
    frames = _usable(topic, words)
    found = {pair.source: pair for template in topic.phrasebook for pair in template.expand(words)}
    for _ in range(PAIRS_PER_TOPIC * _PATIENCE):
        if len(found) == PAIRS_PER_TOPIC:
            break
        own = not frames or source.random() < _OWN_SHARE
        pair = source.choice(topic.templates if own else frames).fill(words, source)
        found.setdefault(pair.source, pair)
    return tuple(found.values())


def _usable(topic: Topic, words: Mapping[str, Sequence[Word]]) -> tuple[Template, ...]:
    """Return the shared frames that speak about this topic's words and need no others."""
    return tuple(
        frame
        for frame in FRAMES
        if {slot.rstrip("0123456789") for slot in frame.slots} <= words.keys()
        and any(slot.rstrip("0123456789") in topic.words for slot in frame.slots)
    )
