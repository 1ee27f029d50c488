"""English word forms: verbs by person and tense, plurals, a and an."""

import re
from collections.abc import Mapping

# Verbs whose past and participle are not base + "ed": base -> (past, participle).
_IRREGULAR: Mapping[str, tuple[str, str]] = {
    base: (past, participle)
    for base, past, participle in (
        row.split()
        for row in """
begin began begun|break broke broken|bring brought brought|build built built|buy bought bought
catch caught caught|choose chose chosen|come came come|cost cost cost|cut cut cut|do did done
draw drew drawn|drink drank drunk|drive drove driven|eat ate eaten|fall fell fallen|feed fed fed
feel felt felt|find found found|fly flew flown|forget forgot forgotten|get got gotten
give gave given|go went gone|grow grew grown|have had had|hear heard heard|hurt hurt hurt
keep kept kept|know knew known|leave left left|lend lent lent|lie lay lain|light lit lit
lose lost lost|make made made|meet met met|pay paid paid|put put put|read read read
ride rode ridden|run ran run|say said said|see saw seen|sell sold sold|send sent sent
set set set|show showed shown|sing sang sung|sit sat sat|sleep slept slept|speak spoke spoken
spend spent spent|stand stood stood|sweep swept swept|swim swam swum|take took taken
teach taught taught|tell told told|think thought thought|throw threw thrown
understand understood understood|wake woke woken|wear wore worn|win won won|write wrote written
""".replace("\n", "|")
        .strip("|")
        .split("|")
    )
}
_DOUBLING = (
    "begin", "chat", "cut", "forget", "get", "jog", "plan", "plug", "put", "run", "set", "shop",
    "sit", "stop", "swim", "win",
)  # fmt: skip
_BE_PRESENT = {"1s": "am", "2s": "are", "3s": "is", "1p": "are", "3p": "are"}
_BE_PAST = {"1s": "was", "2s": "were", "3s": "was", "1p": "were", "3p": "were"}
_THIRD = {"have": "has", "do": "does", "don't": "doesn't"}
_SIBILANTS = ("s", "x", "z", "ch", "sh")
_VOWELS = "aeiou"
# "a" before a vowel letter becomes "an", unless the word starts with the sound of "you" or "w".
_ARTICLE = re.compile(
    r"\b([Aa]) (?=[aeiouAEIOU])(?!(?:uni|use|eur|one\b))|\b([Aa]) (?=hour|honest)"
)


def verb(base: str, form: str, person: str) -> str:
    """Return a form of a verb: `pres`, `inf`, `past`, `ing`, `part`; person as `1s` ... `3p`."""
    match form:
        case "pres":
            return _present(base, person)
        case "past":
            return _BE_PAST[person] if base == "be" else _past(base)[0]
        case "part":
            return _past(base)[1]
        case "ing":
            return _gerund(base)
        case _:
            return base


def plural(noun: str) -> str:
    """Return the regular plural of a noun, spelling included."""
    if noun.endswith("y") and noun[-2] not in _VOWELS:
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(_SIBILANTS) else "s")


def correct_articles(sentence: str) -> str:
    """Return the sentence with `an` for `a` before a vowel sound."""
    return _ARTICLE.sub(lambda found: (found[1] or found[2]) + "n ", sentence)


def _present(base: str, person: str) -> str:
    """Return the present tense."""
    if base == "be":
        return _BE_PRESENT[person]
    if person != "3s" or base == "can":
        return base
    if base in _THIRD:
        return _THIRD[base]
    if base.endswith("o"):
        return base + "es"
    return plural(base)


def _past(base: str) -> tuple[str, str]:
    """Return past and participle."""
    if base in _IRREGULAR:
        return _IRREGULAR[base]
    if base.endswith("e"):
        regular = base + "d"
    elif base.endswith("y") and base[-2] not in _VOWELS:
        regular = base[:-1] + "ied"
    else:
        regular = (base + base[-1] if base in _DOUBLING else base) + "ed"
    return regular, regular


def _gerund(base: str) -> str:
    """Return the form in -ing."""
    if base in _DOUBLING:
        return base + base[-1] + "ing"
    if base.endswith("ie"):
        return base[:-2] + "ying"
    if base.endswith("e") and not base.endswith(("ee", "be")):
        return base[:-1] + "ing"
    return base + "ing"
