"""The engine of the translation server: CTranslate2, without torch."""

from collections.abc import Sequence
from dataclasses import dataclass

import ctranslate2

from core.errors import CorruptError
from core.inference.translator import Candidate, SearchOptions, max_target_tokens
from core.inference.version_folder import VersionFolder

_BATCH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class CTranslate2Engine:
    """A loaded CTranslate2 model; it computes in threads of its own."""

    translator: ctranslate2.Translator
    max_tokens: int
    max_length: int
    blocks_repeats: bool = True

    def search(
        self, sources: Sequence[Sequence[str]], options: SearchOptions
    ) -> Sequence[Sequence[Candidate]]:
        """Return for each source 1 to `n_best` candidates, best first."""
        results = self.translator.translate_batch(
            [list(source) for source in sources],
            beam_size=options.beam,
            num_hypotheses=options.n_best,
            length_penalty=1.0,
            no_repeat_ngram_size=options.block_repeats,
            max_batch_size=_BATCH,
            max_input_length=0,  # no truncation: the caller splits long text
            max_decoding_length=max_target_tokens(sources, self.max_length),
            min_decoding_length=0,  # 1 would mask EOS at the first step and shift every score
            return_scores=True,
        )
        return [
            [
                Candidate(tokens=tuple(tokens), score=score)
                for tokens, score in zip(result.hypotheses, result.scores, strict=True)
            ]
            for result in results
        ]

    def score(
        self, sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]]
    ) -> Sequence[Sequence[float]]:
        """Return the log-probability of each token of the targets, the end token last."""
        scored = self.translator.score_batch(
            [list(source) for source in sources],
            [list(target) for target in targets],
            max_input_length=0,
            max_batch_size=_BATCH,
        )
        return [list(result.log_probs) for result in scored]


def load_ctranslate2_engine(
    folder: VersionFolder, precision: str, *, threads: int = 1, workers: int = 1
) -> CTranslate2Engine:
    """Load the model in a precision; raises CorruptError.

    Up to `workers` requests are computed at a time, each with `threads` threads.
    """
    shape = folder.shape()
    try:
        translator = ctranslate2.Translator(
            str(folder.model(precision)),
            device="cpu",
            compute_type=precision,
            inter_threads=workers,
            intra_threads=threads,
        )
    except (RuntimeError, ValueError) as error:
        raise CorruptError(
            f"{folder.model(precision)} cannot be loaded: it is not a complete CTranslate2 model",
            remedy='Restore the version from a snapshot, see "datahall backup list"',
        ) from error
    return CTranslate2Engine(
        translator=translator, max_tokens=shape.max_tokens, max_length=shape.config.max_length
    )
