"""The client of the translation server, used by the dashboard and the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import httpx

from core.errors import DatahallError, InputError, UnavailableError
from core.inference.translator import Alternative, Attention, Translation
from core.text import INVALID_UNICODE

_TIMEOUT_S = 60.0
_HEALTH_TIMEOUT_S = 2.0
_INPUT_STATUSES = (400, 413)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedModel:
    """A model that the server has loaded: `model` is `NAME:VERSION`, `since` epoch seconds."""

    model: str
    run: str
    source: str
    target: str
    since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStatus:
    """The answer of `/health`; the first model is the default.

    `problem` is the reason why the version behind the alias is not loaded; empty without one.
    """

    models: tuple[ServedModel, ...]
    uptime_s: float
    requests: int
    failures: int
    problem: str

    @property
    def model(self) -> str | None:
        """`NAME:VERSION` of the default model; None before the first promotion."""
        return self.models[0].model if self.models else None


class TranslationClient:
    """A Translator that sends texts to the server; safe to use from several threads.

    Every call raises UnavailableError when no server answers or no model is loaded, and InputError
    when the server refuses the request.
    """

    def __init__(self, base_url: str, *, transport: httpx.BaseTransport | None = None) -> None:
        """Connect to the server at `base_url`; tests replace the network by `transport`."""
        self.base_url = base_url.rstrip("/")
        # trust_env=False: text must not be sent to a proxy that the environment names.
        self._client = httpx.Client(
            base_url=self.base_url, timeout=_TIMEOUT_S, trust_env=False, transport=transport
        )

    def __enter__(self) -> Self:
        """Return the client, to be closed at the end of the block."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @property
    def version(self) -> str:
        """`NAME:VERSION` of the default model."""
        return self._default().model

    @property
    def languages(self) -> tuple[str, str]:
        """Source and target language of the default model."""
        model = self._default()
        return (model.source, model.target)

    def status(self) -> ServerStatus:
        """Return the status of the server; it has 2 seconds to answer."""
        document = self._request("GET", "/health", timeout_s=_HEALTH_TIMEOUT_S)
        models = tuple(ServedModel(**entry) for entry in document["models"])
        return ServerStatus(
            models=models,
            uptime_s=document["uptime_s"],
            requests=document["requests"],
            failures=document["failures"],
            problem=document["problem"],
        )

    def translate(
        self, texts: Sequence[str], *, beam: int = 5, n_best: int = 1
    ) -> Sequence[Translation]:
        """Return one translation per text, in order; empty text gives an empty translation."""
        if not texts:
            return []
        fields = {"q": list(texts), "beam": beam, "alternatives": n_best - 1}
        document = self._request("POST", "/translate", fields)
        others = document.get("alternatives", [[] for _ in texts])
        other_scores = document.get("alternative_scores", [[] for _ in texts])
        return [
            Translation(
                source=text,
                text=document["translatedText"][number],
                score=document["score"][number],
                alternatives=tuple(
                    Alternative(text=other, score=score)
                    for other, score in zip(others[number], other_scores[number], strict=True)
                ),
                model_version=document["model_version"],
                milliseconds=document["milliseconds"] / len(texts),
            )
            for number, text in enumerate(texts)
        ]

    def attention(self, text: str, *, beam: int = 5) -> Attention:
        """Return the cross-attention of the translation of a text."""
        document = self._request("POST", "/attention", {"q": text, "beam": beam})
        return Attention(
            source_tokens=tuple(document["source_tokens"]),
            target_tokens=tuple(document["target_tokens"]),
            weights=tuple(tuple(row) for row in document["weights"]),
            layer=document["layer"],
            model_version=document["model_version"],
        )

    def _default(self) -> ServedModel:
        """Return the default model; raises UnavailableError when no model is loaded."""
        status = self.status()
        if not status.models:
            raise UnavailableError(
                status.problem or "the translation server has not loaded a model yet",
                remedy="Promote a run on the Models page, or with: datahall models promote RUN",
            )
        return status.models[0]

    def _request(
        self,
        method: str,
        path: str,
        document: Mapping[str, object] | None = None,
        timeout_s: float = _TIMEOUT_S,
    ) -> Any:  # noqa: ANN401  (JSON)
        """Return the JSON document of a response; raises UnavailableError and InputError."""
        try:
            response = self._client.request(method, path, json=document, timeout=timeout_s)
            answer = response.json()
        except UnicodeEncodeError:
            raise InputError(INVALID_UNICODE) from None
        except httpx.TimeoutException as error:
            raise UnavailableError(
                f"the translation server at {self.base_url} did not answer within "
                f"{timeout_s:g} seconds",
                remedy="Send less text at a time, or read logs/server.log in the home folder",
            ) from error
        except httpx.TransportError as error:
            raise UnavailableError(
                f"no translation server answers at {self.base_url}",
                remedy='A running "datahall up" restarts it; else start it with "datahall serve"',
            ) from error
        except ValueError as error:
            raise UnavailableError(
                f"the program at {self.base_url} is not a translation server",
                remedy="Choose another port with the setting serving.port",
            ) from error
        if response.is_success:
            return answer
        raise _error(response.status_code, answer)


def _error(status: int, answer: object) -> DatahallError:
    """Return the error that the server reported."""
    text = answer.get("error") if isinstance(answer, dict) else None
    message = str(text or f"the translation server answered with status {status}")
    if status in _INPUT_STATUSES:
        return InputError(message)
    return UnavailableError(message)
