"""restic's command lines; a difference is reviewed in tests/golden/restic-argv.txt."""

from pathlib import Path

from core.backup import restic
from core.backup.install import Restic

GOLDEN = Path(__file__).parents[2] / "golden" / "restic-argv.txt"
ID = "5d190e1ec8fa687b183cce5c0be389042004c3f0e79208f84deddb435d81bdfe"


def every_call(program: Restic) -> list[tuple[str, ...]]:
    """Return one of each command line."""
    target = Path("/srv/restored")
    return [
        restic.init_argv(program),
        restic.config_argv(program),
        restic.keys_argv(program),
        restic.add_key_argv(program, "/dev/fd/5"),
        restic.backup_argv(
            program, Path("/srv/h[1]"), ["datasets/demo"], ["datahall", "what:data"]
        ),
        restic.snapshots_argv(program),
        restic.contents_argv(program, ID),
        restic.restore_argv(program, ID, target),
        restic.restore_argv(program, ID, target, "datasets/demo/a*b"),
        restic.check_argv(program, read_data=False),
        restic.check_argv(program, read_data=True),
        restic.forget_argv(program, [ID]),
        restic.list_locks_argv(program),
        restic.show_lock_argv(program, ID),
        restic.unlock_argv(program),
        restic.unlock_argv(program, remove_all=True),
    ]


def test_command_lines_equal_the_reviewed_ones() -> None:
    found = []
    for version in ((0, 14, 0), (0, 19, 1)):
        program = Restic(path=Path("restic"), version=version)
        found += [f"# restic {program.version_text}", *(repr(argv) for argv in every_call(program))]
    assert GOLDEN.read_text(encoding="utf-8") == "\n".join(found) + "\n"


def test_a_name_with_special_characters_is_matched_literally() -> None:
    assert restic.literal_pattern("a*b?[c]\\d $HOME !") == "a\\*b\\?\\[c\\]\\\\d $HOME !"
