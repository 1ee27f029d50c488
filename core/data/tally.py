"""What an import could not use, and what it had to repair."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Lines by reason: `rejected` are left out, `repaired` are kept with a change."""

    rejected: Counter[str] = field(default_factory=Counter)
    repaired: Counter[str] = field(default_factory=Counter)
