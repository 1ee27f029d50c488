"""`datahall translate` keeps lines aligned and accepts files of any length."""

from pathlib import Path

import pytest

from core.settings import Settings
from dashboard.commands import translate
from dashboard.commands.cli import run
from dashboard.commands.translate import MAX_BATCH_LINES
from tests.core.inference.echo import EchoTranslator

LINES = [
    "hello, how are you?",
    "",
    "i like\u2028bread.",
    "good\x85morning.",
    "   ",
    "a\x0bb\x0cc\x1cd",
    "last",
]


@pytest.fixture(autouse=True)
def _echo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Translate into upper case."""
    monkeypatch.setattr(translate, "_translator", lambda *_, **__: EchoTranslator())


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("has_last_end", [True, False])
def test_each_line_of_a_file_gives_one_line(
    settings: Settings, tmp_path: Path, end: str, mark: str, *, has_last_end: bool
) -> None:
    source, target = tmp_path / "in.txt", tmp_path / "out.txt"
    text = mark + end.join(LINES) + (end if has_last_end else "")
    source.write_bytes(text.encode())
    words = ["translate", "--file", str(source), "--out", str(target)]
    assert run([*words, "--home", str(settings.home)]) == 0
    assert target.read_bytes().decode() == "".join(f"{line.upper()}\n" for line in LINES)


def test_a_batch_never_exceeds_what_the_server_accepts() -> None:
    texts = ["x" * number for number in (*[30] * 200, 90, 0, 150, 10)]
    batches = list(translate._batches(texts, 100))  # noqa: SLF001  (the unit under test)
    assert [text for batch in batches for text in batch] == texts
    for batch in batches:
        assert len(batch) == 1 or sum(map(len, batch)) <= 100
    assert max(map(len, translate._batches([""] * 200, 100))) == MAX_BATCH_LINES  # noqa: SLF001


def test_a_file_that_is_not_utf8_is_refused(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "in.txt"
    source.write_bytes(b"caf\xe9\n")
    assert run(["translate", "--file", str(source), "--home", str(settings.home)]) == 2
    assert "is not UTF-8 text (byte 3)" in capsys.readouterr().err
