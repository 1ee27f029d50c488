"""The model in torch: the reference of the self-test, and the source of attention weights.

This module imports torch, so neither the dashboard nor the server imports it at start-up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from core.data.records import BOS_ID, EOS_ID, Pair
from core.data.tokenizer import Tokenizer
from core.errors import CorruptError, UnavailableError
from core.inference.text_translator import TextTranslator
from core.inference.translator import (
    Attention,
    Candidate,
    SearchOptions,
    Translator,
    max_target_tokens,
)
from core.inference.version_folder import VersionFolder
from core.model.search import BeamOptions, attention, translate
from core.model.transformer import Transformer


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchEngine:
    """A loaded torch model; its search cannot block repeats."""

    model: Transformer
    tokenizer: Tokenizer
    pieces: Sequence[str]
    max_tokens: int
    blocks_repeats: bool = False

    def search(
        self, sources: Sequence[Sequence[str]], options: SearchOptions
    ) -> Sequence[Sequence[Candidate]]:
        """Return for each source 1 to `n_best` candidates, best first."""
        found = translate(
            self.model,
            [self._source_ids(source) for source in sources],
            BeamOptions(
                beam=options.beam,
                n_best=options.n_best,
                length_penalty=1.0,
                max_length=max_target_tokens(sources, self.model.config.max_length),
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
        """Return the log-probability of each token of the targets, the end token last."""
        return [
            self._score(source, self.tokenizer.ids(target))
            for source, target in zip(sources, targets, strict=True)
        ]

    def attention(
        self, source: Sequence[str], target: Sequence[str], layer: int
    ) -> Sequence[Sequence[float]]:
        """Return the weights of each target token over the source tokens and the end token."""
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
        """Return the ids of a source with the end token."""
        return [*self.tokenizer.ids(source), EOS_ID]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionModel:
    """Computes the cross-attention of translations by one version, in one decoder layer."""

    engine: TorchEngine
    layer: int
    version: str

    def explain(self, translator: Translator, text: str, *, beam: int) -> Attention:
        """Return the attention of the translation of `text` by `translator`.

        Segments are concatenated; the weights of a target token outside its own segment are 0.
        Text that is copied without translation is left out. Raises UnavailableError for a
        translator without tokens.
        """
        if not isinstance(translator, TextTranslator):
            raise UnavailableError(f"attention is not available for {translator.version}")
        segments = [piece.text for piece in translator.split(text) if piece.is_segment]
        found = translator.search(segments, SearchOptions(beam=beam))
        sources = [tuple(translator.tokenize(segment)) for segment in segments]
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
        """Yield a row per target token, 0 outside its own segment."""
        widths = [len(source) + 1 for source in sources]
        for number, (source, target) in enumerate(zip(sources, targets, strict=True)):
            before, after = sum(widths[:number]), sum(widths[number + 1 :])
            for row in self.engine.attention(source, target, self.layer):
                yield (*[0.0] * before, *row, *[0.0] * after)


def load_torch_engine(folder: VersionFolder) -> TorchEngine:
    """Load a version's weights into torch; raises CorruptError."""
    shape = folder.shape()
    model = Transformer(shape.config)
    try:
        model.load_state_dict(load_file(folder.weights))
    except (OSError, RuntimeError, SafetensorError) as error:
        raise CorruptError(
            f"{folder.weights} cannot be loaded: it does not hold the weights of this model",
            remedy='Restore the version from a snapshot, see "datahall backup list"',
        ) from error
    tokenizer = Tokenizer.load(folder.vocabulary)
    return TorchEngine(
        model=model.eval(),
        tokenizer=tokenizer,
        pieces=tokenizer.pieces,
        max_tokens=shape.max_tokens,
    )


def load_attention_model(folder: VersionFolder, version: str, *, threads: int) -> AttentionModel:
    """Load the attention model of a version; sets the number of torch threads of this process."""
    torch.set_num_threads(threads)
    return AttentionModel(
        engine=load_torch_engine(folder), layer=folder.shape().attention_layer, version=version
    )


def choose_attention_layer(engine: TorchEngine, pairs: Sequence[Pair]) -> int:
    """Return the decoder layer whose attention aligns source and target best.

    The best layer differs between models, so it is measured: a token that occurs once on each side
    (name, number, full stop) should have its largest weight on its counterpart. Ties, and pairs
    without such tokens, are decided by the sum of the largest weights.
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
