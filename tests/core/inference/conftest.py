"""Fixtures of the tests of inference."""

from tests.core.inference.fixtures import (  # noqa: F401  (pytest finds fixtures by name)
    make_checkpoint,
    make_version,
    pairs,
    version,
    vocabulary,
)
