"""Spanish verbs: stem changes, spelling changes and irregular forms, for five persons.

Persons are `1s 2s 3s 1p 3p` (yo, tú, él/ella, nosotros, ellos).
"""

import re
from collections.abc import Callable, Mapping

PERSONS = ("1s", "2s", "3s", "1p", "3p")
REFLEXIVE = {"1s": "me", "2s": "te", "3s": "se", "1p": "nos", "3p": "se", "": "se"}

_PRESENT_ENDINGS = {
    "a": ("o", "as", "a", "amos", "an"),
    "e": ("o", "es", "e", "emos", "en"),
    "i": ("o", "es", "e", "imos", "en"),
}
_PAST_ENDINGS = {
    "a": ("é", "aste", "ó", "amos", "aron"),
    "e": ("í", "iste", "ió", "imos", "ieron"),
    "i": ("í", "iste", "ió", "imos", "ieron"),
}
_FUTURE_ENDINGS = ("é", "ás", "á", "emos", "án")

# Vowel changes of the stressed stem; the second letter pair is the change in -ir preterites.
_STEM_CHANGES: Mapping[str, str] = {
    infinitive: change
    for change, infinitives in {
        "e:ie": """cerrar empezar pensar despertar calentar recomendar sentar perder encender
            entender querer preferir sentir divertir nevar regar comenzar fregar hervir""",
        "o:ue": """dormir poder volver mover contar encontrar recordar mostrar probar costar acostar
            almorzar volar aprobar comprobar doler llover devolver soñar colgar resolver morder""",
        "e:i": "pedir servir repetir vestir despedir seguir elegir medir",
        "u:ue": "jugar",
    }.items()
    for infinitive in infinitives.split()
}
_PRESENT: Mapping[str, str] = {
    "ser": "soy eres es somos son",
    "estar": "estoy estás está estamos están",
    "ir": "voy vas va vamos van",
    "haber": "he has ha hemos han",
    "tener": "tengo tienes tiene tenemos tienen",
    "venir": "vengo vienes viene venimos vienen",
    "decir": "digo dices dice decimos dicen",
    "oír": "oigo oyes oye oímos oyen",
    "reír": "río ríes ríe reímos ríen",
    "construir": "construyo construyes construye construimos construyen",
}
_FIRST_PERSON: Mapping[str, str] = {
    "dar": "doy", "saber": "sé", "ver": "veo", "hacer": "hago", "poner": "pongo",
    "salir": "salgo", "traer": "traigo", "caer": "caigo", "seguir": "sigo", "elegir": "elijo",
    "recoger": "recojo", "escoger": "escojo", "proteger": "protejo", "conocer": "conozco",
    "parecer": "parezco", "conducir": "conduzco", "traducir": "traduzco", "ofrecer": "ofrezco",
    "nacer": "nazco",
}  # fmt: skip
# Verbs in -iar and -uar that stress the weak vowel: envío, continúo.
_STRESSED_WEAK = ("enviar", "esquiar", "confiar", "enfriar", "continuar")
_PAST: Mapping[str, str] = {
    "ser": "fui fuiste fue fuimos fueron",
    "ir": "fui fuiste fue fuimos fueron",
    "dar": "di diste dio dimos dieron",
    "ver": "vi viste vio vimos vieron",
    "hacer": "hice hiciste hizo hicimos hicieron",
    "reír": "reí reíste rio reímos rieron",
}
_STRONG_PAST: Mapping[str, str] = {
    "tener": "tuv", "estar": "estuv", "poder": "pud", "poner": "pus", "saber": "sup",
    "querer": "quis", "venir": "vin", "decir": "dij", "traer": "traj", "conducir": "conduj",
    "traducir": "traduj", "haber": "hub",
}  # fmt: skip
_FUTURE: Mapping[str, str] = {
    "tener": "tendr", "poder": "podr", "poner": "pondr", "salir": "saldr", "venir": "vendr",
    "decir": "dir", "hacer": "har", "querer": "querr", "saber": "sabr", "haber": "habr",
    "oír": "oir", "reír": "reir",
}  # fmt: skip
_IMPERATIVE: Mapping[str, str] = {
    "decir": "di", "hacer": "haz", "ir": "ve", "poner": "pon", "salir": "sal", "ser": "sé",
    "tener": "ten", "venir": "ven",
}  # fmt: skip
_SUBJUNCTIVE: Mapping[str, str] = {
    "ser": "seas", "estar": "estés", "ir": "vayas", "dar": "des", "saber": "sepas",
}  # fmt: skip
_PARTICIPLE: Mapping[str, str] = {
    "abrir": "abierto", "decir": "dicho", "escribir": "escrito", "hacer": "hecho",
    "morir": "muerto", "poner": "puesto", "resolver": "resuelto", "romper": "roto", "ver": "visto",
    "volver": "vuelto", "devolver": "devuelto", "describir": "descrito", "descubrir": "descubierto",
}  # fmt: skip
_ACCENTS = str.maketrans("aeiou", "áéíóú")


def verb(infinitive: str, form: str, person: str) -> str:
    """Return a form of a verb.

    `pres`, `past` (preterite), `fut`, `inf`, `ger`, `part`; `imp` and `sub` are the affirmative
    and negative commands to tú. The person is empty for forms without one.
    """
    if form in _SPOKEN:
        return _SPOKEN[form](infinitive)[PERSONS.index(person)]
    return _PERSONLESS[form](infinitive) if form in _PERSONLESS else infinitive


def attach(command: str, pronoun: str) -> str:
    """Return a command with its pronoun (`levanta` + `te` = `levántate`)."""
    groups = list(re.finditer(r"[aeiou]+", command))
    if len(groups) < 2 or re.search(r"[áéíóú]", command):  # noqa: PLR2004  (one syllable: no accent)
        return command + pronoun
    stressed = groups[-2]
    nucleus = max(
        range(stressed.start(), stressed.end()), key=lambda at: (command[at] in "aeo", at)
    )
    return (
        command[:nucleus] + command[nucleus].translate(_ACCENTS) + command[nucleus + 1 :] + pronoun
    )


def _split(infinitive: str) -> tuple[str, str]:
    """Return stem and theme vowel."""
    vowel = infinitive[-2]
    return infinitive[:-2], "i" if vowel == "í" else vowel


def _change(stem: str, change: str) -> str:
    """Return the stem with its last changing vowel replaced."""
    old, new = change.split(":")
    at = stem.rindex(old)
    return stem[:at] + new + stem[at + 1 :]


def _present(infinitive: str) -> tuple[str, ...]:
    """Return the five forms of the present."""
    if infinitive in _PRESENT:
        return tuple(_PRESENT[infinitive].split())
    stem, vowel = _split(infinitive)
    strong = _change(stem, _STEM_CHANGES[infinitive]) if infinitive in _STEM_CHANGES else stem
    if infinitive in _STRESSED_WEAK:
        at = max(stem.rfind("i"), stem.rfind("u"))
        strong = stem[:at] + stem[at].translate(_ACCENTS) + stem[at + 1 :]
    forms = [
        (stem if person == "1p" else strong) + ending
        for person, ending in zip(PERSONS, _PRESENT_ENDINGS[vowel], strict=True)
    ]
    forms[0] = _FIRST_PERSON.get(infinitive, forms[0])
    return tuple(forms)


def _past(infinitive: str) -> tuple[str, ...]:
    """Return the five forms of the preterite."""
    if infinitive in _PAST:
        return tuple(_PAST[infinitive].split())
    if infinitive in _STRONG_PAST:
        stem = _STRONG_PAST[infinitive]
        last = "eron" if stem.endswith("j") else "ieron"
        return tuple(stem + ending for ending in ("e", "iste", "o", "imos", last))
    stem, vowel = _split(infinitive)
    if vowel != "a" and stem[-1] in "aeoíu" and not stem.endswith(("gu", "qu")):
        return tuple(stem + ending for ending in _hiatus(infinitive))
    weak = _weak_stem(infinitive, stem)
    endings = _PAST_ENDINGS[vowel]
    first = _respell(stem) if vowel == "a" else stem
    stems = (first, stem, weak, stem, weak)
    return tuple(part + ending for part, ending in zip(stems, endings, strict=True))


def _hiatus(infinitive: str) -> tuple[str, ...]:
    """Return preterite endings after a vowel: leí, leyó; construí, construyó."""
    if infinitive.endswith("uir"):
        return ("í", "iste", "yó", "imos", "yeron")
    return ("í", "íste", "yó", "ímos", "yeron")


def _weak_stem(infinitive: str, stem: str) -> str:
    """Return the stem of -ir verbs before -ió, -ieron, -iendo: pidió, durmió."""
    if not infinitive.endswith("ir") or infinitive not in _STEM_CHANGES:
        return stem
    return _change(stem, "o:u" if _STEM_CHANGES[infinitive] == "o:ue" else "e:i")


def _respell(stem: str) -> str:
    """Return the stem as spelt before e: busqué, llegué, empecé."""
    for ending, spelt in (("c", "qu"), ("g", "gu"), ("z", "c")):
        if stem.endswith(ending):
            return stem[:-1] + spelt
    return stem


def _future(infinitive: str) -> tuple[str, ...]:
    """Return the five forms of the simple future."""
    stem = _FUTURE.get(infinitive, infinitive)
    return tuple(stem + ending for ending in _FUTURE_ENDINGS)


def _imperative(infinitive: str) -> str:
    """Return the affirmative command to tú."""
    return _IMPERATIVE.get(infinitive) or _present(infinitive)[2]


def _gerund(infinitive: str) -> str:
    """Return the gerund."""
    irregular = {"ir": "yendo", "reír": "riendo", "poder": "pudiendo", "venir": "viniendo",
                 "decir": "diciendo"}  # fmt: skip
    if infinitive in irregular:
        return irregular[infinitive]
    stem, vowel = _split(infinitive)
    if vowel == "a":
        return stem + "ando"
    if stem[-1] in "aeou" and not stem.endswith(("gu", "qu")):
        return stem + "yendo"
    return _weak_stem(infinitive, stem) + "iendo"


def _participle(infinitive: str) -> str:
    """Return the past participle."""
    if infinitive in _PARTICIPLE:
        return _PARTICIPLE[infinitive]
    stem, vowel = _split(infinitive)
    if vowel == "a":
        return stem + "ado"
    return stem + ("ído" if stem.endswith(("a", "e", "o")) else "ido")


def _subjunctive(infinitive: str) -> str:
    """Return the verb form of a negative command: no toques, no hagas, no cierres."""
    if infinitive in _SUBJUNCTIVE:
        return _SUBJUNCTIVE[infinitive]
    stem = _present(infinitive)[0].removesuffix("o")
    if infinitive.endswith("ar"):
        return _respell(stem) + "es"
    return stem + "as"


_SPOKEN: Mapping[str, Callable[[str], tuple[str, ...]]] = {
    "pres": _present,
    "past": _past,
    "fut": _future,
}
_PERSONLESS: Mapping[str, Callable[[str], str]] = {
    "ger": _gerund,
    "part": _participle,
    "imp": _imperative,
    "sub": _subjunctive,
}
