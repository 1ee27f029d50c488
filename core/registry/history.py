"""What a series of alias moves means; pure functions that every adapter shares."""

from collections.abc import Sequence

from core.errors import NotFoundError
from core.registry.records import AliasEvent

PROMOTE = "promote"
ROLLBACK = "rollback"


def version_in_force(events: Sequence[AliasEvent], time: float) -> AliasEvent | None:
    """Return the event in force at `time`; `events` are of one alias, newest first.

    The order of events decides, not their times: a clock that was set back rewrites nothing.
    """
    newest = next((event for event in events if event.time <= time), None)
    return None if newest is None or newest.version is None else newest


def version_before(events: Sequence[AliasEvent], name: str, alias: str) -> int:
    """Return the version to roll back to; `events` are of one model's alias, newest first.

    Moves are replayed on a stack: a promotion lays its version on top, a roll-back takes versions
    off until the one it went to lies on top. So two roll-backs in a row go back two promotions
    instead of swinging between two versions. Raises NotFoundError when nothing lies below.
    """
    stack: list[int] = []
    for event in reversed(events):
        if event.version is None:
            continue
        if event.action == ROLLBACK and event.version in stack:
            while stack[-1] != event.version:
                stack.pop()
        elif not stack or stack[-1] != event.version:
            stack.append(event.version)
    below = 2
    if len(stack) < below:
        raise NotFoundError(
            f"{name} has no earlier version behind {alias!r} to roll back to",
            remedy="Promote a run, or promote an older version of it by number",
        )
    return stack[-below]
