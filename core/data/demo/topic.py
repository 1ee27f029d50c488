"""A topic: its words by class, and the sentences that only it has."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.data.demo.template import Template
from core.data.demo.words import Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What people talk about; shared frames apply to the word classes that it fills.

    `phrasebook` are sentences that everybody says: the corpus has all of them, not a sample.
    """

    name: str
    words: Mapping[str, tuple[Word, ...]]
    templates: tuple[Template, ...]
    phrasebook: tuple[Template, ...] = ()
