"""Cleaning: normalise every pair, drop pairs that break a rule, count both."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from core.data.cleaning.normalise import NORMALISERS
from core.data.cleaning.rules import RULES, NormalisedPair
from core.data.records import Pair, RuleReport

NUM_EXAMPLES = 5
HELD_OUT = ("valid", "test")
_REPORT_EVERY = 4096


@dataclass(slots=True, kw_only=True)
class CleaningCounts:
    """Pairs dropped and changed by each rule, with the first examples."""

    dropped: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[Pair]] = field(default_factory=dict)

    def drop(self, rule: str, pair: Pair) -> None:
        """Count a dropped pair."""
        self.dropped[rule] += 1
        self._add_example(rule, pair)

    def change(self, rule: str, pair: Pair) -> None:
        """Count a changed pair; its example is the pair before the change."""
        self.changed[rule] += 1
        self._add_example(rule, pair)

    def report(self, rule: str, description: str) -> RuleReport:
        """Return the report of a rule."""
        return RuleReport(
            rule=rule,
            description=description,
            dropped=self.dropped[rule],
            changed=self.changed[rule],
            examples=tuple(self.examples.get(rule, ())),
        )

    def _add_example(self, rule: str, pair: Pair) -> None:
        """Store the pair as an example, up to NUM_EXAMPLES."""
        examples = self.examples.setdefault(rule, [])
        if len(examples) < NUM_EXAMPLES:
            examples.append(pair)


def clean_pairs(
    pairs: Iterable[Pair],
    languages: tuple[str, str],
    counts: CleaningCounts,
    on_progress: Callable[[float], None],
) -> list[Pair]:
    """Return the normalised pairs that break no rule; report the number of processed pairs.

    Pairs imported for validation or test stay unchanged, so that scores are comparable with
    published ones; only empty ones are dropped.
    """
    kept: list[Pair] = []
    seen: set[tuple[str, str]] = set()
    for number, pair in enumerate(pairs):
        if number % _REPORT_EVERY == 0:
            on_progress(number)
        if pair.split in HELD_OUT:
            if pair.source.strip() and pair.target.strip():
                kept.append(pair)
            else:
                counts.drop("empty", pair)
            continue
        found = _normalised(pair, counts)
        rule = _broken_rule(found, languages)
        key = (found.source.casefold(), found.target.casefold())
        if not rule and key in seen:
            rule = "duplicate"
        if rule:
            counts.drop(rule, pair)
            continue
        seen.add(key)
        kept.append(found)
    return kept


def rule_reports(counts: CleaningCounts) -> Sequence[RuleReport]:
    """Return the report of every rule, in the order of application."""
    return (
        *(counts.report(item.name, item.description) for item in NORMALISERS),
        *(counts.report(item.name, item.description) for item in RULES),
        counts.report("duplicate", "The pair is a repetition of an earlier one (ignoring case)"),
        counts.report("leak", "A side also occurs in the validation or test split"),
    )


def _normalised(pair: Pair, counts: CleaningCounts) -> Pair:
    """Return the pair with both sides normalised."""
    source, target = pair.source, pair.target
    for normaliser in NORMALISERS:
        new_source, new_target = normaliser.change(source), normaliser.change(target)
        if new_source != source or new_target != target:
            counts.change(normaliser.name, pair)
            source, target = new_source, new_target
    if (source, target) == (pair.source, pair.target):
        return pair
    return Pair(source=source, target=target, split=pair.split)


def _broken_rule(pair: Pair, languages: tuple[str, str]) -> str:
    """Return the name of the first rule that drops the pair; empty if none does."""
    normalised = NormalisedPair(source=pair.source, target=pair.target, languages=languages)
    return next((rule.name for rule in RULES if rule.drops(normalised)), "")
