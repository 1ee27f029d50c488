"""Who came in, who left and who was refused, written to the ledger."""

import asyncio
import logging
from collections.abc import Callable

from core.audit import Actor, Ledger
from core.errors import DatahallError

_LOG = logging.getLogger(__name__)


async def record(
    ledger: Callable[[], Ledger], actor: Actor, action: str, caller: str, outcome: str
) -> None:
    """Write a row, durably and beside the event loop.

    Where that fails the log has it: whoever is to mend a full disk must be able to come in.
    """
    try:
        await asyncio.to_thread(lambda: ledger().note(actor, action, caller, outcome))
    except DatahallError as error:
        _LOG.warning("not in the ledger: %s %s by %s: %s", action, outcome, caller, error)
