"""Environment variables for libraries are set before PyTorch is imported."""

from core.model.library_variables import LIBRARY_VARIABLES, set_library_variables


def test_variables_are_set_unless_the_operator_has_set_them() -> None:
    bare: dict[str, str] = {}
    set_library_variables(bare)
    assert bare == LIBRARY_VARIABLES
    chosen = {"OMP_WAIT_POLICY": "ACTIVE"}
    set_library_variables(chosen)
    assert chosen["OMP_WAIT_POLICY"] == "ACTIVE"
