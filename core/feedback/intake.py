"""The door by which corrections come in, from the page and over the wire."""

import secrets
from dataclasses import dataclass

from core.audit import Actor, Ledger
from core.clock import Clock
from core.feedback.records import Correction
from core.feedback.store import FeedbackStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Keeps corrections: authorised, recorded in the ledger, stored."""

    store: FeedbackStore
    ledger: Ledger
    clock: Clock

    def keep(
        self,
        actor: Actor,
        *,
        languages: tuple[str, str],
        source: str,
        correction: str,
        model: str,
        hypothesis: str = "",
    ) -> Correction:
        """Store what `source` should have become; raises InputError when it changes nothing.

        `languages` are the codes of source and target; `hypothesis` is what `model`
        (`NAME:VERSION`) said, empty when nobody asked it.
        """
        entry = Correction(
            id=secrets.token_hex(6),
            time=self.clock.now(),
            source_language=languages[0],
            target_language=languages[1],
            source=source,
            hypothesis=hypothesis,
            correction=correction.strip(),
            model=model,
            actor=actor.name,
        )
        self.ledger.perform(actor, "feedback.add", entry.id, lambda: self.store.add(entry))
        return entry
