"""The server's answers as JSON: LibreTranslate's shapes, with our fields beside theirs."""

from collections.abc import Sequence
from typing import Any

from core.inference.language import detect, language_name
from core.inference.translator import Translation
from core.serving.body import TranslationRequest
from core.serving.model_pool import LoadedModel

Document = dict[str, Any]


def translation_document(
    asked: TranslationRequest,
    model: LoadedModel,
    found: Sequence[Translation],
    milliseconds: float,
) -> Document:
    """Return the answer to a translation: one value per text, or plain values for a lone text."""
    answers: Document = {
        "translatedText": [item.text for item in found],
        "score": [item.score for item in found],
    }
    if asked.alternatives:
        answers["alternatives"] = [[other.text for other in item.alternatives] for item in found]
        answers["alternative_scores"] = [
            [other.score for other in item.alternatives] for item in found
        ]
    if asked.source is None:
        answers["detectedLanguage"] = [
            {"language": model.version.source, "confidence": _confidence(text, model)}
            for text in asked.texts
        ]
    if not asked.is_list:
        answers = {name: values[0] for name, values in answers.items()}
    return {**answers, "model_version": model.translator.version, "milliseconds": milliseconds}


def languages_document(models: Sequence[LoadedModel]) -> list[Document]:
    """Return the languages with what each can be translated to."""
    pairs = [(model.version.source, model.version.target) for model in models]
    return [
        {
            "code": code,
            "name": language_name(code),
            "targets": sorted({target for source, target in pairs if source == code}),
        }
        for code in dict.fromkeys(code for pair in pairs for code in pair)
    ]


def frontend_document(
    models: Sequence[LoadedModel], max_characters: int, *, takes_suggestions: bool
) -> Document:
    """Return what LibreTranslate's clients ask before they draw anything."""
    pair = (models[0].version.source, models[0].version.target) if models else ("en", "es")
    source, target = ({"code": code, "name": language_name(code)} for code in pair)
    return {
        "apiKeys": False,
        "charLimit": max_characters,
        "filesTranslation": False,
        "frontendTimeout": 500,
        "keyRequired": False,
        "language": {"source": source, "target": target},
        "suggestions": takes_suggestions,
        "supportedFilesFormat": [],
    }


def model_documents(models: Sequence[LoadedModel]) -> list[Document]:
    """Return what serves, the default first."""
    return [
        {
            "model": model.translator.version,
            "run": model.version.run_name,
            "source": model.version.source,
            "target": model.version.target,
            "since": model.since,
        }
        for model in models
    ]


def _confidence(text: str, model: LoadedModel) -> float:
    """Return how sure the guess is that a text is in the model's source language, in percent."""
    guesses = [guess for guess in detect(text) if guess.language == model.version.source]
    return guesses[0].confidence if guesses else 0.0
