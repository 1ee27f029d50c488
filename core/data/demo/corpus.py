"""The demo corpus: an equal number of random sentences from every topic."""

import random
from collections.abc import Mapping, Sequence

from core.data.demo.frames import FRAMES
from core.data.demo.shared import COMMON, PEOPLE
from core.data.demo.template import Template, Topic
from core.data.demo.topics import (
    computing,
    culture,
    eating,
    home,
    leisure,
    meeting,
    nature,
    people,
    places,
    shopping,
    studies,
    time,
    travel,
    wellbeing,
    working,
)
from core.data.demo.words import Word
from core.data.records import Pair

TOPICS: tuple[Topic, ...] = (
    *meeting.TOPICS,
    *people.TOPICS,
    *home.TOPICS,
    *eating.TOPICS,
    *shopping.TOPICS,
    *time.TOPICS,
    *nature.TOPICS,
    *places.TOPICS,
    *travel.TOPICS,
    *studies.TOPICS,
    *working.TOPICS,
    *computing.TOPICS,
    *wellbeing.TOPICS,
    *leisure.TOPICS,
    *culture.TOPICS,
)

DEMO_TOPICS: tuple[str, ...] = tuple(topic.name for topic in TOPICS)
PAIRS_PER_TOPIC = 640
_OWN_TEMPLATE_RATIO = 0.45
_DRAWS_PER_PAIR = 12


def demo_pairs(seed: int = 0) -> Sequence[Pair]:
    """Return the corpus, topic by topic; equal seeds give equal pairs.

    Every English sentence occurs once, so none has two translations.
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
    """Return PAIRS_PER_TOPIC sentences, or fewer when the topic has fewer."""
    words = {**PEOPLE, **COMMON, **topic.words}
    frames = _usable_frames(topic, words)
    found = {pair.source: pair for template in topic.phrasebook for pair in template.expand(words)}
    for _ in range(PAIRS_PER_TOPIC * _DRAWS_PER_PAIR):
        if len(found) == PAIRS_PER_TOPIC:
            break
        own = not frames or source.random() < _OWN_TEMPLATE_RATIO
        pair = source.choice(topic.templates if own else frames).fill(words, source)
        found.setdefault(pair.source, pair)
    return tuple(found.values())


def _usable_frames(topic: Topic, words: Mapping[str, Sequence[Word]]) -> tuple[Template, ...]:
    """Return the shared frames that use words of this topic and no words that it lacks."""
    return tuple(
        frame
        for frame in FRAMES
        if {slot.rstrip("0123456789") for slot in frame.slots} <= words.keys()
        and any(slot.rstrip("0123456789") in topic.words for slot in frame.slots)
    )
