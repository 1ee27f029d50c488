"""`datahall translate` and `datahall serve`."""

import sys
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

CHUNK = 64


def translate(
    text: Annotated[list[str] | None, typer.Argument(help="Texts, one translation each.")] = None,
    model: Annotated[str, typer.Option(help="An alias or NAME:VERSION.")] = "production",
    beam: Annotated[int, typer.Option(help="Beam width.", min=1, max=16)] = 5,
    n_best: Annotated[int, typer.Option(help="Candidates per text.", min=1, max=16)] = 1,
    file: Annotated[Path | None, typer.Option(help="Translate this file, line by line.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write here instead of printing.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Translate texts, a file or standard input. Example: datahall translate "Hello!"."""
    texts = _texts(text or [], file)
    with workspace_of(home) as workspace:
        translator = _translator(workspace, model)
        done: list[Translation] = []
        is_short = as_json or bool(text)
        with progress_counter("translating", "lines", total=len(texts), quiet=is_short) as tell:
            for first in range(0, len(texts), CHUNK):
                chunk = texts[first : first + CHUNK]
                done += translator.translate(chunk, beam=max(beam, n_best), n_best=n_best)
                tell(len(done))
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
    from core.serving import __main__ as server  # noqa: PLC0415  (a web server: only when asked)

    def tell(url: str) -> None:
        if as_json:
            print_json({"url": url})
        else:
            print(f"Translation server on {url}")
        sys.stdout.flush()

    server.serve(read_settings(home, serving__port=port), tell)


def _texts(given: list[str], file: Path | None) -> list[str]:
    """Return the texts to translate; raises InputError."""
    if given and file:
        raise InputError("give texts or --file, not both")
    if given:
        return given
    if file is None and sys.stdin.isatty():
        raise InputError("nothing to translate", remedy="Try: datahall translate 'Hello!'")
    try:
        content = sys.stdin.buffer.read() if file is None else file.read_bytes()
        return split_lines(content.decode("utf-8-sig"))
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise InputError(f"{file or 'standard input'} is not UTF-8 text") from None


def _write(out: Path, content: str) -> None:
    """Write the translations; raises InputError where that is impossible."""
    try:
        out.write_text(content, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{out}: {error.strerror}", remedy="Choose another --out") from error


def _translator(workspace: Workspace, model: str) -> Translator:
    """Return the running server when it serves this model, else the model itself."""
    version = find_model(workspace, model)
    serving = workspace.settings.serving
    client = TranslationClient(url_of(serving.host, serving.port))
    try:
        if client.version == f"{version.name}:{version.version}":
            return client
    except UnavailableError:
        pass  # the server is not up: translate in this process
    return load_translator(workspace.paths.model(version.name, version.version), version, serving)
