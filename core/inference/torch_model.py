"""The same model in torch: what the export is compared with, and where attention comes from.

Imports torch: nothing that starts a page or the server may import this module at the top.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from core.clock import Clock
from core.data.records import BOS_ID, EOS_ID, Pair
from core.data.tokenizer import Tokenizer
from core.errors import CorruptError, UnavailableError
from core.inference.engine import Candidate, SearchOptions, longest_target
from core.inference.records import Attention
from core.inference.text_translator import TextTranslator
from core.inference.translator import Translator
from core.inference.version_folder import VersionFolder
from core.model.search import BeamOptions, attention, translate
from core.model.transformer import Transformer


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchEngine:
    """A model in torch. It cannot forbid repeats: what it says is what the model says."""

    model: Transformer
    tokenizer: Tokenizer
    pieces: Sequence[str]
    max_tokens: int
    blocks_repeats: bool = False

    def search(
        self, sources: Sequence[Sequence[str]], options: SearchOptions
    ) -> Sequence[Sequence[Candidate]]:
        """Return for each source its candidates, best first."""
        found = translate(
            self.model,
            [self._source_ids(source) for source in sources],
            BeamOptions(
                beam=options.beam,
                n_best=options.n_best,
                length_penalty=1.0,
                max_length=longest_target(sources, self.model.config.max_length),
            ),
        )
        return [
            [
                Candidate(tokens=tuple(self.pieces[i] for i in item.tokens), score=item.score)
                for item in candidates
            ]
            for candidates in found
        ]

    @torch.inference_mode()
    def score(
        self, sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]]
    ) -> Sequence[Sequence[float]]:
        """Return the log-probability of every given target token, the end mark's last."""
        return [
            self._score(source, self.tokenizer.ids(target))
            for source, target in zip(sources, targets, strict=True)
        ]

    def attention(
        self, source: Sequence[str], target: Sequence[str], layer: int
    ) -> Sequence[Sequence[float]]:
        """Return how much each target token looked at each source token and its end mark."""
        if not target:
            return []
        return attention(self.model, self._source_ids(source), self.tokenizer.ids(target), layer)

    def _score(self, source: Sequence[str], target: Sequence[int]) -> Sequence[float]:
        """Return the log-probabilities of one target."""
        given = torch.tensor([self._source_ids(source)])
        before = torch.tensor([[BOS_ID, *target]])
        log_p = self.model(given, before).log_softmax(-1)[0]  # (T, V)
        expected = torch.tensor([*target, EOS_ID])
        scores: list[float] = log_p.gather(1, expected[:, None])[:, 0].tolist()
        return scores

    def _source_ids(self, source: Sequence[str]) -> Sequence[int]:
        """Return the ids of a source with its end mark."""
        return [*self.tokenizer.ids(source), EOS_ID]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionModel:
    """Shows where the attention of a version rested."""

    engine: TorchEngine
    layer: int
    version: str

    def explain(self, translator: Translator, text: str, *, beam: int) -> Attention:
        """Return the attention of the translation that `translator` gives `text`.

        Segments follow each other, and a target token looks at its own segment only. What is
        copied without translation is left out. Raises UnavailableError for a translator that has
        no tokens to show (the echo twin).
        """
        if not isinstance(translator, TextTranslator):
            raise UnavailableError(f"{translator.version} has no attention to show")
        segments = [piece.text for piece in translator.split(text) if piece.is_segment]
        found = translator.search(segments, SearchOptions(beam=beam))
        sources = [tuple(translator.pieces(segment)) for segment in segments]
        targets = [found[segment][0].tokens for segment in segments]
        end = self.engine.pieces[EOS_ID]
        return Attention(
            source_tokens=tuple(token for source in sources for token in (*source, end)),
            target_tokens=tuple(token for target in targets for token in target),
            weights=tuple(self._rows(sources, targets)),
            layer=self.layer,
            model_version=self.version,
        )

    def _rows(
        self, sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]]
    ) -> Iterator[tuple[float, ...]]:
        """Yield a row per target token, zero outside its own segment."""
        widths = [len(source) + 1 for source in sources]
        for number, (source, target) in enumerate(zip(sources, targets, strict=True)):
            before, after = sum(widths[:number]), sum(widths[number + 1 :])
            for row in self.engine.attention(source, target, self.layer):
                yield (*[0.0] * before, *row, *[0.0] * after)


def open_torch_engine(folder: VersionFolder) -> TorchEngine:
    """Load a version's weights into torch; raises CorruptError."""
    shape = folder.shape()
    model = Transformer(shape.config)
    try:
        model.load_state_dict(load_file(folder.weights))
    except (OSError, RuntimeError, SafetensorError) as error:
        raise CorruptError(f"{folder.weights} cannot be loaded: {error}") from error
    tokenizer = Tokenizer.load(folder.vocabulary)
    return TorchEngine(
        model=model.eval(),
        tokenizer=tokenizer,
        pieces=tokenizer.pieces,
        max_tokens=shape.max_tokens,
    )


def open_torch(folder: Path, version: str, clock: Clock) -> TextTranslator:
    """Return the translator of a version's folder in torch; raises CorruptError."""
    files = VersionFolder(folder)
    shape = files.shape()
    engine = open_torch_engine(files)
    return TextTranslator(
        version=version,
        languages=(shape.source, shape.target),
        tokenizer=engine.tokenizer,
        engine=engine,
        clock=clock,
    )


def open_attention(folder: Path, version: str, *, threads: int = 1) -> AttentionModel:
    """Return the model that explains a version; torch uses `threads` from then on."""
    torch.set_num_threads(threads)
    files = VersionFolder(folder)
    return AttentionModel(
        engine=open_torch_engine(files), layer=files.shape().attention_layer, version=version
    )


def choose_attention_layer(engine: TorchEngine, pairs: Sequence[Pair]) -> int:
    """Return the decoder layer whose attention shows best which words belong together.

    Which layer that is differs from model to model, so it is measured: tokens that occur once on
    both sides (names, numbers, full stops) must look at each other. Without such tokens, the
    layer that looks most sharply.
    """
    layers = range(engine.model.config.decoder_layers)
    quality = [[0.0, 0.0] for _ in layers]
    for pair in pairs:
        source = engine.tokenizer.encode_pieces(pair.source)
        target = engine.tokenizer.encode_pieces(pair.target)
        for layer in layers:
            rows = engine.attention(source, target, layer)
            quality[layer][0] += sum(
                max(range(len(row)), key=row.__getitem__) == source.index(token)
                for token, row in zip(target, rows, strict=True)
                if source.count(token) == target.count(token) == 1
            )
            quality[layer][1] += sum(max(row) for row in rows)
    return max(layers, key=lambda layer: quality[layer])
