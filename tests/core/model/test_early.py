"""Settings that come before torch."""

from core.model.early import EARLY_SETTINGS, make_early_settings


def test_threads_sleep_unless_the_operator_chose_otherwise() -> None:
    """What is set already stays."""
    bare: dict[str, str] = {}
    make_early_settings(bare)
    assert bare == EARLY_SETTINGS
    chosen = {"OMP_WAIT_POLICY": "ACTIVE"}
    make_early_settings(chosen)
    assert chosen["OMP_WAIT_POLICY"] == "ACTIVE"
