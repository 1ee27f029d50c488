"""Restic's command lines, exactly; a difference is reviewed in tests/golden/restic-argv.txt."""

from pathlib import Path

from core.backup import arguments
from core.backup.find import Restic

GOLDEN = Path(__file__).parents[2] / "golden" / "restic-argv.txt"
ID = "5d190e1ec8fa687b183cce5c0be389042004c3f0e79208f84deddb435d81bdfe"


def every_call(restic: Restic) -> list[tuple[str, ...]]:
    """Return one of each command line."""
    target = Path("/srv/restored")
    return [
        arguments.init(restic),
        arguments.contact(restic),
        arguments.keys(restic),
        arguments.add_key(restic, "/dev/fd/5"),
        arguments.backup(restic, Path("/srv/h[1]"), ["datasets/demo"], ["datahall", "what:data"]),
        arguments.snapshots(restic),
        arguments.contents(restic, ID),
        arguments.restore(restic, ID, target),
        arguments.restore(restic, ID, target, "datasets/demo/a*b"),
        arguments.check(restic, read_data=False),
        arguments.check(restic, read_data=True),
        arguments.forget(restic, [ID]),
        arguments.unlock(restic),
    ]


def test_the_command_lines_are_the_reviewed_ones() -> None:
    """For an old and a new restic; one argument a line would hide how they are used."""
    told = []
    for version in ((0, 14, 0), (0, 19, 1)):
        restic = Restic(path=Path("restic"), version=version)
        told += [f"# restic {restic.version_text}", *(repr(argv) for argv in every_call(restic))]
    assert GOLDEN.read_text(encoding="utf-8") == "\n".join(told) + "\n"


def test_a_pattern_made_of_a_name_means_that_name_only() -> None:
    """Every character that restic gives a meaning is taken away its meaning."""
    assert arguments.literal("a*b?[c]\\d $HOME !") == "a\\*b\\?\\[c\\]\\\\d $HOME !"
