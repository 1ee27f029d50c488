"""Errors that say what happened and what to do."""

import pytest

from core import errors
from core.errors import DatahallError

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, DatahallError)
]


def test_an_error_tells_the_remedy_after_the_message() -> None:
    """One sentence each."""
    error = DatahallError("the disk is full", remedy="Remove old checkpoints")
    assert str(error) == "the disk is full. Remove old checkpoints"
    assert (error.message, error.remedy) == ("the disk is full", "Remove old checkpoints")


def test_an_error_without_a_remedy_is_its_message() -> None:
    """Nothing to do but wait."""
    assert str(DatahallError("busy")) == "busy"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_word_of_its_own_and_an_exit_code(kind: type[DatahallError]) -> None:
    """Programs rely on both."""
    assert kind.exit_code in (1, 2)
    assert sum(other.kind == kind.kind for other in KINDS) == 1
