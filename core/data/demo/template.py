"""Templates: sentences in both languages with slots for words, and topics, which contain them.

`{who} [want@who] to {act:inf@who}. | {who} [querer@who] {act:inf@who}.` Slots `{class:form@slot}`
are filled with one word of the class on both sides (a digit makes a second slot: `{food2}`);
`[verb:form@slot]` conjugates a verb of that side and `<listo@slot>` inflects a Spanish adjective
to agree with the slot. `me`, `you`, `us` and `it` may stand for a slot.
"""

import itertools
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.data.demo import english
from core.data.demo.lexicon import adjective
from core.data.demo.words import NO_AGREEMENT, Action, Agreement, Word
from core.data.records import Pair

_FIELD = re.compile(
    r"\{(?P<slot>\w+)(?::(?P<form>\w+))?(?:@(?P<with>\w+))?\}"
    r"|\[(?P<verb>[^\]:@]+)(?::(?P<tense>\w+))?(?:@(?P<agrees>\w+))?\]"
    r"|<(?P<adjective>\w+)(?::(?P<number>\w+))?@(?P<like>\w+)>"
)
_SENTENCE_START = re.compile(r"(^|[.!?] )([¿¡]?)(\w)")
_CONTRACTION = re.compile(r"\b(a|de) e(l)\b", re.IGNORECASE)
# Agreement without a slot: commands and questions (you), proposals (us), statements (me).
_FIXED_AGREEMENTS = {
    "me": Agreement(person="1s"),
    "you": Agreement(person="2s"),
    "us": Agreement(person="1p"),
    "it": Agreement(person="3s"),
}
_BEFORE_I = re.compile(r"\by (?=(?:i|hi)(?!e))", re.IGNORECASE)
_BEFORE_O = re.compile(r"\bo (?=(?:o|ho))", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateField:
    """A variable part of one side of a template: a slot, or a fixed word when `slot` is empty."""

    slot: str
    word: Word
    form: str
    agrees_with: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """Both sides as literal text and fields; `slots` are in the order in which words are drawn."""

    english: tuple[str | TemplateField, ...]
    spanish: tuple[str | TemplateField, ...]
    slots: tuple[str, ...]

    def fill(self, words: Mapping[str, Sequence[Word]], generator: random.Random) -> Pair:
        """Return a sentence with random words; `words` maps a class to its words."""
        chosen: dict[str, Word] = {}
        for slot in self.slots:
            kind = slot.rstrip("0123456789")
            taken = [word for name, word in chosen.items() if name.startswith(kind)]
            word = generator.choice(words[kind])
            while word in taken:
                word = generator.choice(words[kind])
            chosen[slot] = word
        return self._sentence(chosen)

    def expand(self, words: Mapping[str, Sequence[Word]]) -> Iterator[Pair]:
        """Yield the sentences of all combinations of words."""
        choices = [words[slot.rstrip("0123456789")] for slot in self.slots]
        for drawn in itertools.product(*choices):
            yield self._sentence(dict(zip(self.slots, drawn, strict=True)))

    def _sentence(self, chosen: Mapping[str, Word]) -> Pair:
        """Return the sentence with these words."""
        return Pair(
            source=_format_english("".join(_render_english(part, chosen) for part in self.english)),
            target=_format_spanish("".join(_render_spanish(part, chosen) for part in self.spanish)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A subject of conversation: its words by class and its own templates.

    Shared frames are used when the topic has words for their slots. The corpus contains every
    sentence of `phrasebook`, and a sample of the others.
    """

    name: str
    words: Mapping[str, tuple[Word, ...]]
    templates: tuple[Template, ...]
    phrasebook: tuple[Template, ...] = ()


def parse(text: str) -> tuple[Template, ...]:
    """Parse templates, one per line; a line that starts with `|` continues the previous line."""
    return tuple(_parse(line) for line in text.strip().replace("\n| ", " | ").splitlines())


def _parse(line: str) -> Template:
    """Parse `ENGLISH | SPANISH`."""
    left, _, right = line.partition(" | ")
    sides = (_split_side(left.strip()), _split_side(right.strip()))
    fields = [part for side in sides for part in side if isinstance(part, TemplateField)]
    named = dict.fromkeys(name for field in fields for name in (field.slot, field.agrees_with))
    slots = tuple(name for name in named if name and name not in _FIXED_AGREEMENTS)
    return Template(english=sides[0], spanish=sides[1], slots=slots)


def _split_side(text: str) -> tuple[str | TemplateField, ...]:
    """Split one side into literal text and fields."""
    parts: list[str | TemplateField] = []
    end = 0
    for found in _FIELD.finditer(text):
        parts.append(text[end : found.start()])
        parts.append(
            TemplateField(
                slot=found["slot"] or "",
                word=_literal_word(found),
                form=found["form"] or found["tense"] or found["number"] or "",
                agrees_with=found["with"] or found["agrees"] or found["like"] or "",
            )
        )
        end = found.end()
    parts.append(text[end:])
    return tuple(part for part in parts if part)


def _literal_word(found: re.Match[str]) -> Word:
    """Return the verb or adjective written in a field."""
    if found["adjective"]:
        return adjective("", found["adjective"])
    verb = found["verb"] or ""
    return Action(en=verb, es=verb)


def _agreement(field: TemplateField, chosen: Mapping[str, Word]) -> Agreement:
    """Return the agreement that a field takes."""
    if field.agrees_with in _FIXED_AGREEMENTS:
        return _FIXED_AGREEMENTS[field.agrees_with]
    return chosen[field.agrees_with].agreement if field.agrees_with else NO_AGREEMENT


def _render_english(part: str | TemplateField, chosen: Mapping[str, Word]) -> str:
    """Return the English text of a part."""
    if isinstance(part, str):
        return part
    word = chosen[part.slot] if part.slot else part.word
    return word.english(part.form, _agreement(part, chosen))


def _render_spanish(part: str | TemplateField, chosen: Mapping[str, Word]) -> str:
    """Return the Spanish text of a part."""
    if isinstance(part, str):
        return part
    word = chosen[part.slot] if part.slot else part.word
    return word.spanish(part.form, _agreement(part, chosen))


def _format_english(text: str) -> str:
    """Return the sentence with single spaces, a/an and capitals."""
    return _capitalise(english.correct_articles(_remove_extra_spaces(text)))


def _format_spanish(text: str) -> str:
    """Return the sentence with contractions (al, del), e and u, and capitals."""
    text = _CONTRACTION.sub(r"\1\2", _remove_extra_spaces(text))
    return _capitalise(_BEFORE_O.sub("u ", _BEFORE_I.sub("e ", text)))


def _remove_extra_spaces(text: str) -> str:
    """Return the text without doubled spaces and spaces before punctuation."""
    return re.sub(r" ([,.?!])", r"\1", re.sub(r"([¿¡]) ", r"\1", re.sub(r" +", " ", text.strip())))


def _capitalise(text: str) -> str:
    """Return the text with a capital at each sentence start, after ¿ and ¡ too."""
    return _SENTENCE_START.sub(lambda found: found[1] + found[2] + found[3].upper(), text)
