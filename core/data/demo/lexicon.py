"""Parse word lists, one word per line: `dog = el perro`, `tired = cansado`.

Irregular forms follow a slash (`child/children`, `examen/exámenes`, `español/española`); in
actions POSS is the subject's possessive (`call POSS mother = llamar a POSS:f madre`).
"""

from collections.abc import Iterator

from core.data.demo import english
from core.data.demo.words import Action, Adjective, Agreement, Noun, Phrase, SubjectPhrase, Word

_STRESSED_S = ("gris",)
_PLURALS_ES = (("ón", "ones"), ("án", "anes"), ("ín", "ines"), ("és", "eses"), ("ús", "uses"))


def _plural_es(word: str) -> str:
    """Return the regular plural of a Spanish noun or adjective, multi-word nouns included."""
    first, _, rest = word.partition(" ")
    if rest:
        tail = rest if rest.startswith(("de ", "del ", "a ")) else _plural_es(rest)
        return f"{_plural_es(first)} {tail}"
    for ending, changed in _PLURALS_ES:
        if word.endswith(ending):
            return word.removesuffix(ending) + changed
    if word[-1] in "aeiouáéó":
        return word + "s"
    if word.endswith("z"):
        return word[:-1] + "ces"
    return word if word.endswith("s") and word not in _STRESSED_S else word + "es"


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Yield both sides of each line `English = Spanish`."""
    for line in text.strip().splitlines():
        left, _, right = line.partition("=")
        yield left.strip(), right.strip()


def nouns(text: str) -> tuple[Word, ...]:
    """Parse `dog = el perro`, `water = el agua f`, `pants = los pantalones`."""
    return tuple(_noun(left, right) for left, right in _lines(text))


def _noun(left: str, right: str) -> Noun:
    """Parse one noun; the Spanish article gives gender and number."""
    article, _, rest = right.partition(" ")
    with_el = rest.endswith(" f")
    rest = rest.removesuffix(" f")
    feminine = article in ("la", "las") or with_el
    one_en, _, many_en = left.partition("/")
    one_es, _, many_es = rest.partition("/")
    if article in ("los", "las"):
        many_en, many_es, person = one_en, one_es, "3p"
    else:
        person = "3s"
    return Noun(
        en=(one_en, many_en or english.plural(one_en)),
        es=(one_es, many_es or _plural_es(one_es)),
        agreement=Agreement(person=person, gender="f" if feminine else "m"),
        with_el=with_el,
    )


def adjectives(text: str) -> tuple[Word, ...]:
    """Parse `tired = cansado`, `Spanish = español/española`."""
    return tuple(adjective(left, right) for left, right in _lines(text))


def adjective(left: str, right: str) -> Adjective:
    """Return an adjective with its four Spanish forms; a slash sets an irregular feminine."""
    masculine, _, feminine = right.partition("/")
    if not feminine:
        feminine = masculine
        for ending, changed in (("o", "a"), ("or", "ora"), ("és", "esa")):
            if masculine.endswith(ending):
                feminine = masculine.removesuffix(ending) + changed
    return Adjective(en=left, es=(masculine, feminine, _plural_es(masculine), _plural_es(feminine)))


def phrases(text: str) -> tuple[Word, ...]:
    """Parse `every day = todos los días`."""
    return tuple(Phrase(en=left, es=right) for left, right in _lines(text))


def actions(text: str) -> tuple[Word, ...]:
    """Parse `go to the park = ir al parque`; POSS is the subject's possessive (`POSS:mp`)."""
    return tuple(Action(en=left, es=right) for left, right in _lines(text))


def subject(en: str, es: str, person: str, gender: str) -> SubjectPhrase:
    """Return a subject that is a name or a noun phrase."""
    return SubjectPhrase(
        en=en,
        es=es,
        agreement=Agreement(person=person, gender=gender),
        object_en=en,
        after_preposition=es,
    )
