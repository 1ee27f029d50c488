"""The model pool loads the versions that the alias points at."""

import pytest

from core.errors import InputError, UnavailableError
from tests.core.serving.served import ServedRegistry


def test_the_error_explains_why_no_model_is_loaded(served: ServedRegistry) -> None:
    with pytest.raises(UnavailableError, match="being loaded"):
        served.pool.choose(None, None)
    served.pool.refresh()
    with pytest.raises(UnavailableError, match="there is no production model yet"):
        served.pool.choose(None, None)
    served.damaged.add(1)
    served.register(1)
    served.pool.refresh()
    with pytest.raises(UnavailableError, match=r"en-es:1 cannot be loaded: model\.bin"):
        served.pool.choose(None, None)


def test_a_direction_without_a_model_is_refused(served: ServedRegistry) -> None:
    served.register(1)
    served.pool.refresh()
    with pytest.raises(InputError, match="Available: en to es"):
        served.pool.choose("en", "fr")


def test_versions_with_another_alias_are_not_loaded(served: ServedRegistry) -> None:
    served.register(1)
    served.register(2, alias="candidate")
    served.pool.refresh()
    assert [model.version.version for model in served.pool.models()] == [1]


def test_a_version_is_loaded_once(served: ServedRegistry) -> None:
    served.register(1)
    for _ in range(5):
        served.pool.refresh()
    assert served.loaded == [1]


def test_loading_a_damaged_version_is_retried_after_10_seconds(served: ServedRegistry) -> None:
    served.register(1)
    served.pool.refresh()
    served.damaged.add(2)
    served.register(2)
    for _ in range(5):
        served.pool.refresh()
    assert served.loaded == [1, 2]
    assert served.pool.choose("en", "es").translator.version == "en-es:1"
    assert served.pool.problem() == "en-es:2 cannot be loaded: model.bin is truncated"
    served.damaged.clear()
    served.clock.advance(11)
    served.pool.refresh()
    assert served.pool.choose("en", "es").translator.version == "en-es:2"
    assert served.pool.problem() == ""


def test_a_translator_in_use_keeps_its_version_after_a_switch(served: ServedRegistry) -> None:
    served.register(1)
    served.pool.refresh()
    chosen = served.pool.choose("en", "es").translator
    served.register(2)
    served.pool.refresh()
    assert chosen.translate(["hi"])[0].model_version == "en-es:1"
