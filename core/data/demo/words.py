"""Words in both languages: nouns, adjectives, subjects, actions and fixed phrases."""

import re
from dataclasses import dataclass
from typing import Protocol

from core.data.demo import english, spanish

_POSSESSIVES_EN = {"1s": "my", "2s": "your", "1p": "our", "3p": "their", "": "your"}
_POSSESSIVES_ES = {
    "1s": ("mi", "mi", "mis", "mis"),
    "2s": ("tu", "tu", "tus", "tus"),
    "3s": ("su", "su", "sus", "sus"),
    "1p": ("nuestro", "nuestra", "nuestros", "nuestras"),
    "3p": ("su", "su", "sus", "sus"),
    "": ("tu", "tu", "tus", "tus"),
}
# Determiners: English singular and plural; Spanish m, f, m plural, f plural.
_DETERMINERS_EN = {
    "a": ("a", "some"),
    "the": ("the", "the"),
    "this": ("this", "these"),
    "that": ("that", "those"),
    "another": ("another", "other"),
    "no": ("no", "no"),
}
_DETERMINERS_ES = {
    "a": ("un", "una", "unos", "unas"),
    "the": ("el", "la", "los", "las"),
    "this": ("este", "esta", "estos", "estas"),
    "that": ("ese", "esa", "esos", "esas"),
    "another": ("otro", "otra", "otros", "otras"),
    "mine": ("mío", "mía", "míos", "mías"),
    "howmany": ("cuánto", "cuánta", "cuántos", "cuántas"),
    "many": ("mucho", "mucha", "muchos", "muchas"),
    "yours": ("tuyo", "tuya", "tuyos", "tuyas"),
}
_DATIVES = {"1s": "me", "2s": "te", "3s": "le", "1p": "nos", "3p": "les"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Grammatical agreement: person (`1s` ... `3p`, or empty) and gender."""

    person: str = ""
    gender: str = "m"

    @property
    def is_plural(self) -> bool:
        """Whether the person is plural."""
        return self.person.endswith("p")


NO_AGREEMENT = Agreement()


class Word(Protocol):
    """Fills a slot of a template in both languages."""

    @property
    def agreement(self) -> Agreement:
        """The person and gender that words in other slots take."""
        ...

    def english(self, form: str, context: Agreement) -> str:
        """Return the English form."""
        ...

    def spanish(self, form: str, context: Agreement) -> str:
        """Return the Spanish form."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """A noun with its plural; `with_el` for feminine nouns that take el (el agua)."""

    en: tuple[str, str]
    es: tuple[str, str]
    agreement: Agreement
    with_el: bool = False

    def english(self, form: str, context: Agreement) -> str:
        """Return the noun after the determiner that `form` names; `...pl` is the plural."""
        plural, form = self._number(form)
        word = self.en[plural]
        if form == "poss":
            return f"{_possessive_en(context)} {word}"
        determiner = _DETERMINERS_EN.get(form)
        return f"{determiner[plural]} {word}" if determiner else word

    def spanish(self, form: str, context: Agreement) -> str:
        """Return the noun after the determiner; `which` and `mine` stand without the noun."""
        plural, form = self._number(form)
        word = self.es[plural]
        index = 2 * plural + (self.agreement.gender == "f")
        if form == "poss":
            return f"{_POSSESSIVES_ES[context.person][index]} {word}"
        if form in ("which", "yonder", "mine", "yours"):
            alone = {"which": "this", "yonder": "that"}.get(form, form)
            return _DETERMINERS_ES[alone][index]
        if self.with_el and form in ("a", "the") and not plural:
            index = 0
        determiner = _DETERMINERS_ES.get(form)
        return f"{determiner[index]} {word}" if determiner else word

    def _number(self, form: str) -> tuple[int, str]:
        """Return whether the form is plural (as an index), and its determiner."""
        plural = self.agreement.is_plural or form.endswith("pl")
        return int(plural), form.removesuffix("pl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjective:
    """An adjective or a profession: it agrees with the word in its context."""

    en: str
    es: tuple[str, str, str, str]
    agreement: Agreement = NO_AGREEMENT

    def english(self, form: str, context: Agreement) -> str:  # noqa: ARG002  (protocol)
        """Return the word; with the form `pl`, professions in the plural."""
        return self.en

    def spanish(self, form: str, context: Agreement) -> str:
        """Return the form that agrees; `pl` forces the plural."""
        plural = context.is_plural or form == "pl"
        return self.es[2 * plural + (context.gender == "f")]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectPhrase:
    """A person as subject: pronoun, name or relative. Spanish omits the pronouns I, you and we."""

    en: str
    es: str
    agreement: Agreement
    object_en: str
    after_preposition: str

    def english(self, form: str, context: Agreement) -> str:  # noqa: ARG002  (protocol)
        """Return the subject, or its object form (`obj`)."""
        return self.object_en if form == "obj" else self.en

    def spanish(self, form: str, context: Agreement) -> str:  # noqa: ARG002  (protocol)
        """Return the subject; `dat`: as indirect object (a mi madre le), `with`: after con."""
        if form in ("dat", "nodat"):
            return self._dative("no " if form == "nodat" else "")
        if form == "with":
            together = {"1s": "conmigo", "2s": "contigo"}
            return together.get(self.agreement.person, f"con {self.after_preposition}")
        return self.after_preposition if form == "obj" else self.es

    def _dative(self, negation: str) -> str:
        """Return the indirect object: me, te or nos; doubled (a mi madre le) for other persons."""
        person = self.agreement.person
        short = f"{negation}{_DATIVES[person]}"
        return short if person in ("1s", "2s", "1p") else f"a {self.after_preposition} {short}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """An invariable phrase."""

    en: str
    es: str
    agreement: Agreement = NO_AGREEMENT

    def english(self, form: str, context: Agreement) -> str:  # noqa: ARG002  (protocol)
        """Return the phrase."""
        return self.en

    def spanish(self, form: str, context: Agreement) -> str:  # noqa: ARG002  (protocol)
        """Return the phrase."""
        return self.es


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A verb with its complements (`play football = jugar al fútbol`)."""

    en: str
    es: str
    agreement: Agreement = NO_AGREEMENT

    def english(self, form: str, context: Agreement) -> str:
        """Return a form of the verb (see `english.verb`) and the rest."""
        first, _, rest = self.en.partition(" ")
        word = english.verb(first, form or "pres", context.person)
        return f"{word} {rest}".rstrip().replace("POSS", _possessive_en(context))

    def spanish(self, form: str, context: Agreement) -> str:
        """Return a form of the verb and the rest; `prog` is estar + gerund, `perf` haber."""
        first, _, rest = self.es.partition(" ")
        reflexive = first.endswith("se") and first != "se"
        infinitive = first.removesuffix("se") if reflexive else first
        pronoun = spanish.REFLEXIVE[context.person] if reflexive else ""
        verb = _spanish_verb(infinitive, form or "pres", context.person, pronoun)
        owner = _POSSESSIVES_ES[context.person]
        order = {"m": 0, "f": 1, "mp": 2, "fp": 3}
        rest = re.sub(r"POSS:(\w+)", lambda found: owner[order[found[1]]], rest)
        return f"{verb} {rest}".rstrip()


def _spanish_verb(infinitive: str, form: str, person: str, pronoun: str) -> str:
    """Return the verb with its reflexive pronoun (if any) in its place."""
    if infinitive == "ir" and form == "prog":
        form = "pres"  # va a casa ahora, not "está yendo"
    if form == "inf":
        return infinitive + pronoun
    if form == "imp":
        command = spanish.verb(infinitive, "imp", "")
        return spanish.attach(command, "te") if pronoun else command
    if form == "sub":
        return ("te " if pronoun else "") + spanish.verb(infinitive, "sub", "")
    before = f"{pronoun} " if pronoun else ""
    compound = {"prog": ("estar", "ger"), "perf": ("haber", "part")}
    if form in compound:
        auxiliary, shape = compound[form]
        helper = spanish.verb(auxiliary, "pres", person)
        return f"{before}{helper} {spanish.verb(infinitive, shape, '')}"
    return before + spanish.verb(infinitive, form, person)


def _possessive_en(context: Agreement) -> str:
    """Return my, your, his ..."""
    if context.person == "3s":
        return "her" if context.gender == "f" else "his"
    return _POSSESSIVES_EN[context.person]
