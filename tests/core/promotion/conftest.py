"""Fixtures of the tests of promotion."""

from tests.core.inference.fixtures import (  # noqa: F401  (pytest finds fixtures by name)
    make_checkpoint,
    pairs,
    vocabulary,
)
