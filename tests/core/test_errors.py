"""Errors: message, remedy, kind and exit code."""

import pytest

from core import errors
from core.errors import DatahallError

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, DatahallError)
]


def test_the_remedy_follows_the_message() -> None:
    error = DatahallError("the disk is full", remedy="Remove old checkpoints")
    assert str(error) == "the disk is full. Remove old checkpoints"
    assert (error.message, error.remedy) == ("the disk is full", "Remove old checkpoints")


def test_an_error_without_a_remedy_is_its_message() -> None:
    assert str(DatahallError("busy")) == "busy"


@pytest.mark.parametrize("kind", KINDS)
def test_each_error_class_has_a_unique_kind_and_an_exit_code(kind: type[DatahallError]) -> None:
    assert kind.exit_code in (1, 2)
    assert sum(other.kind == kind.kind for other in KINDS) == 1
