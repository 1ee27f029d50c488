"""Words that every topic may use: people, times, numbers."""

from collections.abc import Mapping

from core.data.demo.lexicon import adjectives, phrases, subject
from core.data.demo.words import Agreement, SubjectPhrase, Word

_PRONOUNS = (
    SubjectPhrase(
        en="I", es="", agreement=Agreement(person="1s"), object_en="me", after_preposition="mí"
    ),
    SubjectPhrase(
        en="you", es="", agreement=Agreement(person="2s"), object_en="you", after_preposition="ti"
    ),
    SubjectPhrase(
        en="he", es="él", agreement=Agreement(person="3s"), object_en="him", after_preposition="él"
    ),
    SubjectPhrase(
        en="she",
        es="ella",
        agreement=Agreement(person="3s", gender="f"),
        object_en="her",
        after_preposition="ella",
    ),
    SubjectPhrase(
        en="we",
        es="",
        agreement=Agreement(person="1p"),
        object_en="us",
        after_preposition="nosotros",
    ),
    SubjectPhrase(
        en="they",
        es="ellos",
        agreement=Agreement(person="3p"),
        object_en="them",
        after_preposition="ellos",
    ),
)
_NAMES = tuple(
    subject(name, name, "3s", gender)
    for name, gender in (
        ("Ana", "f"), ("Carlos", "m"), ("Elena", "f"), ("Luis", "m"), ("Marta", "f"),
        ("Pablo", "m"), ("Laura", "f"), ("Diego", "m"),
    )
)  # fmt: skip
_OWNERS = (
    ("my", "mi", "mis"), ("your", "tu", "tus"), ("his", "su", "sus"), ("her", "su", "sus"),
)  # fmt: skip
_RELATIVES = (
    ("mother", "madre", "f"), ("father", "padre", "m"), ("sister", "hermana", "f"),
    ("brother", "hermano", "m"), ("friend", "amigo", "m"), ("son", "hijo", "m"),
    ("daughter", "hija", "f"), ("grandmother", "abuela", "f"), ("grandfather", "abuelo", "m"),
    ("uncle", "tío", "m"), ("aunt", "tía", "f"), ("cousin", "primo", "m"),
    ("neighbor", "vecino", "m"), ("wife", "esposa", "f"), ("husband", "esposo", "m"),
)  # fmt: skip
_FAMILIES = (
    ("parents", "padres"), ("friends", "amigos"), ("children", "hijos"),
    ("grandparents", "abuelos"), ("neighbors", "vecinos"), ("brothers", "hermanos"),
)  # fmt: skip

_RELATIVE = tuple(
    subject(f"{owner} {en}", f"{su} {es}", "3s", gender)
    for en, es, gender in _RELATIVES
    for owner, su, _ in _OWNERS
)
_SEVERAL = tuple(
    subject(f"{owner} {en}", f"{sus} {es}", "3p", "m")
    for en, es in _FAMILIES
    for owner, _, sus in _OWNERS
)

PEOPLE: Mapping[str, tuple[Word, ...]] = {
    # Repeated entries are drawn more often: pronouns before names, names before relatives.
    "who": _PRONOUNS * 14 + _NAMES * 3 + _RELATIVE + _SEVERAL,
    "one": tuple(p for p in _PRONOUNS if not p.agreement.is_plural) * 8 + _NAMES * 2 + _RELATIVE,
    "third": _PRONOUNS[2:4] * 6 + _NAMES * 2 + _RELATIVE,
    "person": _NAMES * 3 + _RELATIVE,
    "relative": _RELATIVE,
    "name": _NAMES,
    "folks": (_PRONOUNS[4], *_SEVERAL),
    "mine": tuple(subject(f"my {en}", f"mi {es}", "3s", gender) for en, es, gender in _RELATIVES),
    "yours": tuple(
        subject(f"your {en}", f"tu {es}", "3s", gender) for en, es, gender in _RELATIVES
    ),
    "yourfolks": tuple(subject(f"your {en}", f"tus {es}", "3p", "m") for en, es in _FAMILIES),
}

COMMON: Mapping[str, tuple[Word, ...]] = {
    "often": phrases("""
every day = todos los días
every week = todas las semanas
on weekends = los fines de semana
in the morning = por la mañana
in the afternoon = por la tarde
at night = por la noche
on Mondays = los lunes
on Fridays = los viernes
on Sundays = los domingos
"""),
    "ago": phrases("""
yesterday = ayer
last night = anoche
last week = la semana pasada
on Monday = el lunes
on Saturday = el sábado
this morning = esta mañana
two days ago = hace dos días
an hour ago = hace una hora
"""),
    "soon": phrases("""
tomorrow = mañana
tonight = esta noche
this afternoon = esta tarde
next week = la próxima semana
on Tuesday = el martes
on Thursday = el jueves
this weekend = este fin de semana
later = más tarde
"""),
    "now": phrases("""
now = ahora
right now = ahora mismo
at the moment = en este momento
"""),
    "ever": phrases("""
always = siempre
never = nunca
sometimes = a veces
usually = normalmente
"""),
    "day": phrases("""
Monday = lunes
Tuesday = martes
Wednesday = miércoles
Thursday = jueves
Friday = viernes
Saturday = sábado
Sunday = domingo
"""),
    "number": phrases("""
two = dos
three = tres
four = cuatro
five = cinco
six = seis
seven = siete
eight = ocho
nine = nueve
ten = diez
"""),
    "open": adjectives("""
open = abierto
closed = cerrado
"""),
}
