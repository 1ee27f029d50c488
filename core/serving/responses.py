"""Responses of the API, in the wire format of LibreTranslate with additional fields."""

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import BaseModel, Field

from core.inference.language import identify_language, language_name
from core.inference.translator import Attention, Translation
from core.serving.model_pool import LoadedModel
from core.serving.requests import AUTO, TranslateRequest


class DetectedLanguage(BaseModel):
    """An identified language; `confidence` is a percentage."""

    language: str = Field(examples=["en"])
    confidence: float = Field(examples=[92.0])


class TranslateResponse(BaseModel):
    """The translation of one text, or lists with one item per text."""

    translated_text: str | list[str] = Field(
        serialization_alias="translatedText", examples=["Hola, ¿cómo estás?"]
    )
    score: float | list[float] = Field(
        description="log-probability per token; 0 is certain", examples=[-0.41]
    )
    alternatives: list[str] | list[list[str]] | None = Field(
        default=None, description="only when requested", examples=[["Hola, ¿cómo está?"]]
    )
    alternative_scores: list[float] | list[list[float]] | None = Field(
        default=None, examples=[[-1.73]]
    )
    detected_language: DetectedLanguage | list[DetectedLanguage] | None = Field(
        default=None, serialization_alias="detectedLanguage", description="only for the source auto"
    )
    model_version: str = Field(examples=["en-es:3"])
    milliseconds: float = Field(examples=[6.2])

    @classmethod
    def of(
        cls,
        request: TranslateRequest,
        model: LoadedModel,
        translations: Sequence[Translation],
        detected: Sequence[DetectedLanguage],
        milliseconds: float,
    ) -> Self:
        """Return the response to a request; `detected` is empty unless it is part of it."""
        values: dict[str, Sequence[object]] = {
            "translated_text": [item.text for item in translations],
            "score": [item.score for item in translations],
        }
        if request.alternatives:
            values["alternatives"] = [
                [other.text for other in item.alternatives] for item in translations
            ]
            values["alternative_scores"] = [
                [other.score for other in item.alternatives] for item in translations
            ]
        if detected:
            values["detected_language"] = detected
        is_list = not isinstance(request.q, str)
        return cls.model_validate(
            {
                **{name: items if is_list else items[0] for name, items in values.items()},
                "model_version": model.translator.version,
                "milliseconds": milliseconds,
            }
        )


class SuggestResponse(BaseModel):
    """The suggestion was stored."""

    success: Literal[True] = Field(default=True, examples=[True])


class AttentionResponse(BaseModel):
    """Cross-attention: `weights` has a row per target token and a column per source token."""

    source_tokens: Sequence[str] = Field(examples=[["▁Hello", "</s>"]])
    target_tokens: Sequence[str] = Field(examples=[["▁Hola"]])
    weights: Sequence[Sequence[float]] = Field(examples=[[[0.9, 0.1]]])
    layer: int = Field(examples=[1])
    model_version: str = Field(examples=["en-es:3"])

    @classmethod
    def of(cls, attention: Attention) -> Self:
        """Return the response with an attention."""
        return cls.model_validate(attention, from_attributes=True)


class Language(BaseModel):
    """A language and the languages that it can be translated to."""

    code: str = Field(examples=["en"])
    name: str = Field(examples=["English"])
    targets: Sequence[str] = Field(examples=[["es"]])


class LanguageName(BaseModel):
    """A language."""

    code: str = Field(examples=["en"])
    name: str = Field(examples=["English"])

    @classmethod
    def of(cls, code: str) -> Self:
        """Return the language of a code."""
        return cls(code=code, name=language_name(code))


class LanguagePair(BaseModel):
    """The languages of the default model."""

    source: LanguageName = Field(examples=[{"code": "en", "name": "English"}])
    target: LanguageName = Field(examples=[{"code": "es", "name": "Spanish"}])


class FrontendSettings(BaseModel):
    """Limits and features of this server, in LibreTranslate's format."""

    api_keys: bool = Field(default=False, serialization_alias="apiKeys")
    char_limit: int = Field(serialization_alias="charLimit", examples=[5000])
    files_translation: bool = Field(default=False, serialization_alias="filesTranslation")
    frontend_timeout: int = Field(default=500, serialization_alias="frontendTimeout")
    key_required: bool = Field(default=False, serialization_alias="keyRequired")
    language: LanguagePair
    suggestions: bool = Field(examples=[True])
    supported_files_format: Sequence[str] = Field(
        default=(), serialization_alias="supportedFilesFormat", examples=[[]]
    )


class Model(BaseModel):
    """A loaded model; `since` is epoch seconds."""

    model: str = Field(examples=["en-es:3"])
    run: str = Field(examples=["demo-demo-1"])
    source: str = Field(examples=["en"])
    target: str = Field(examples=["es"])
    since: float = Field(examples=[1764400000.0])


class HealthResponse(BaseModel):
    """The state of the server; `problem` is the reason why a promoted version is not loaded."""

    status: Literal["ok"] = Field(default="ok", examples=["ok"])
    model: str | None = Field(description="the default model", examples=["en-es:3"])
    models: Sequence[Model]
    uptime_s: float = Field(examples=[3600.0])
    requests: int = Field(examples=[120])
    failures: int = Field(examples=[0])
    waiting: int = Field(examples=[0])
    problem: str = Field(examples=[""])


def describe_languages(models: Sequence[LoadedModel]) -> list[Language]:
    """Return the languages of the models with what each can be translated to."""
    pairs = [(model.version.source, model.version.target) for model in models]
    return [
        Language(
            code=code,
            name=language_name(code),
            targets=sorted({target for source, target in pairs if source == code}),
        )
        for code in dict.fromkeys(code for pair in pairs for code in pair)
    ]


def describe_models(models: Sequence[LoadedModel]) -> list[Model]:
    """Return the models, the default first."""
    return [
        Model(
            model=model.translator.version,
            run=model.version.run_name,
            source=model.version.source,
            target=model.version.target,
            since=model.since,
        )
        for model in models
    ]


def detect_languages(request: TranslateRequest, model: LoadedModel) -> list[DetectedLanguage]:
    """Return for each text the model's source language, with the confidence that it is in it.

    Empty unless the request asks for it with `auto`.
    """
    if request.source != AUTO:
        return []
    language = model.version.source
    found = []
    for text in request.texts:
        confidences = [
            guess.confidence for guess in identify_language(text) if guess.language == language
        ]
        found.append(DetectedLanguage(language=language, confidence=next(iter(confidences), 0.0)))
    return found
