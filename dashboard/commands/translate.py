"""`datahall translate` and `datahall serve`."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from core.actions.models import find_model
from core.actions.workspace import Workspace
from core.errors import InputError, UnavailableError
from core.inference.loading import load_translator
from core.inference.translator import Translation, Translator
from core.network import url_of
from core.serving.client import TranslationClient
from core.text import split_lines
from dashboard.commands.console import HomeOption, JsonOption, print_json
from dashboard.commands.documents import translation_document
from dashboard.commands.progress import progress_counter
from dashboard.commands.workspace import read_settings, workspace_of

MAX_BATCH_LINES = 64


def translate(
    text: Annotated[list[str] | None, typer.Argument(help="Texts to translate.")] = None,
    model: Annotated[
        str, typer.Option(help="An alias or NAME:VERSION; see datahall models list.")
    ] = "production",
    beam: Annotated[int, typer.Option(help="Beam width; 1 is greedy.", min=1, max=16)] = 5,
    n_best: Annotated[
        int, typer.Option(help="Translations per text, shown with --json.", min=1, max=16)
    ] = 1,
    file: Annotated[
        Path | None,
        typer.Option(
            help="Translate this UTF-8 file: one line of output per line of input, blank lines "
            "included. Output lines end with LF, also where input lines end with CR LF."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the translations to this file.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Translate texts, a file or standard input. Example: datahall translate "Hello!"."""
    texts = _texts(text or [], file)
    with workspace_of(home) as workspace:
        limit = workspace.settings.serving.max_characters
        translator = _translator(workspace, model, needed=max(map(len, texts), default=0))
        done: list[Translation] = []
        is_quiet = as_json or bool(text)
        with progress_counter("translating", "lines", total=len(texts), quiet=is_quiet) as show:
            for batch in _batches(texts, limit):
                done += translator.translate(batch, beam=max(beam, n_best), n_best=n_best)
                show(len(done))
    if out is not None:
        _write(out, "".join(entry.text + "\n" for entry in done))
    if as_json:
        print_json([translation_document(entry) for entry in done])
    elif out is None:
        for entry in done:
            print(entry.text)


def serve(
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the translation server alone. Example: datahall serve --port 5000."""
    from core.serving import __main__ as server  # noqa: PLC0415  (no other command needs FastAPI)

    def print_url(url: str) -> None:
        if as_json:
            print_json({"url": url})
        else:
            print(f"Translation server on {url}")
        sys.stdout.flush()

    server.serve(read_settings(home, serving__port=port), print_url)


def _texts(given: list[str], file: Path | None) -> list[str]:
    """Return the texts to translate: the given ones, or the lines of the input."""
    if given and file:
        raise InputError("texts and --file cannot be combined")
    if given:
        return given
    if file is None and sys.stdin.isatty():
        raise InputError("nothing to translate", remedy="Try: datahall translate 'Hello!'")
    try:
        content = sys.stdin.buffer.read() if file is None else file.read_bytes()
        return split_lines(content.decode("utf-8-sig"))
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{file or 'standard input'} is not UTF-8 text (byte {error.start})",
            remedy="Convert it to UTF-8 first, for example with iconv",
        ) from None


def _batches(texts: Sequence[str], max_characters: int) -> Iterator[Sequence[str]]:
    """Yield the texts in batches that the server accepts; a longer text is a batch of its own."""
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and (len(batch) == MAX_BATCH_LINES or size + len(text) > max_characters):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    if batch:
        yield batch


def _write(out: Path, content: str) -> None:
    """Write the translations; raises InputError."""
    try:
        out.write_text(content, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{out} cannot be written: {error.strerror}", remedy="Choose another --out"
        ) from error


def _translator(workspace: Workspace, model: str, *, needed: int) -> Translator:
    """Return the running server if it has this model and accepts `needed` characters.

    Otherwise load the model in this process.
    """
    version = find_model(workspace, model)
    serving = workspace.settings.serving
    if needed <= serving.max_characters:
        client = TranslationClient(url_of(serving.host, serving.port))
        try:
            if client.version == f"{version.name}:{version.version}":
                return client
        except UnavailableError:
            pass  # the server is not running
    return load_translator(workspace.paths.model(version.name, version.version), version, serving)
