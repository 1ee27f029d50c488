"""The exported model is the trained one, number by number."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from core.data.records import Pair
from core.data.tokenizer import Tokenizer
from core.errors import CorruptError
from core.inference.ctranslate2_engine import load_ctranslate2_engine
from core.inference.export import convert, run_self_test, sinusoids
from core.inference.self_test import SelfTestError, find_faults, require_pass
from core.inference.torch_engine import load_torch_engine
from core.inference.translator import SearchOptions
from core.inference.version_folder import VersionFolder
from core.model.transformer import Transformer
from core.registry.records import SelfTestVerdict

MakeVersion = Callable[..., VersionFolder]


@pytest.fixture(scope="module", params=["pre", "post"])
def exported(request: pytest.FixtureRequest, make_version: MakeVersion) -> VersionFolder:
    """A version of each layout, with LayerNorm before and after the sublayers."""
    return make_version(norm=request.param, seed=5)


@pytest.fixture(scope="module")
def sources(exported: VersionFolder) -> Sequence[Sequence[str]]:
    """Random sentences over the whole vocabulary, of 1 to 25 tokens."""
    tokens = Tokenizer.load(exported.vocabulary).pieces
    draw = random.Random(3)  # noqa: S311  (test data)
    return [draw.sample(list(tokens[4:]), draw.randint(1, 25)) for _ in range(30)]


def test_given_translations_have_the_same_probability(
    exported: VersionFolder, sources: Sequence[Sequence[str]]
) -> None:
    targets = sources[::-1]
    trained = load_torch_engine(exported).score(sources, targets)
    served = load_ctranslate2_engine(exported, "float32").score(sources, targets)
    for mine, theirs in zip(trained, served, strict=True):
        assert mine == pytest.approx(theirs, abs=1e-5)


@pytest.mark.parametrize("beam", [1, 5])
def test_searches_find_the_same_candidates_with_the_same_scores(
    exported: VersionFolder, sources: Sequence[Sequence[str]], beam: int
) -> None:
    options = SearchOptions(beam=beam, n_best=min(beam, 3))
    trained = load_torch_engine(exported).search(sources, options)
    served = load_ctranslate2_engine(exported, "float32").search(sources, options)
    num_same = 0
    for mine, theirs in zip(trained, served, strict=True):
        assert mine[0].score == pytest.approx(theirs[0].score, abs=1e-4)
        num_same += [item.tokens for item in mine] == [item.tokens for item in theirs]
    assert num_same >= len(sources) - 1  # a tie is decided by the last bit


def test_a_score_is_the_mean_log_probability_of_all_tokens(
    exported: VersionFolder, sources: Sequence[Sequence[str]]
) -> None:
    engine = load_ctranslate2_engine(exported, "float32")
    found = engine.search(sources, SearchOptions(beam=4))
    ended = [item[0] for item in found if len(item[0].tokens) < 20]
    assert len(ended) > 3
    for source, candidates in zip(sources, found, strict=True):
        best = candidates[0]
        if best in ended:
            (scores,) = engine.score([source], [best.tokens])
            assert best.score == pytest.approx(sum(scores) / len(scores), abs=1e-4)


def test_int8_is_close_and_small(exported: VersionFolder, pairs: list[Pair]) -> None:
    outcome = run_self_test(exported, pairs)
    require_pass(outcome)
    assert outcome.segments == len(pairs)
    small, large = (
        (exported.model(precision) / "model.bin").stat().st_size
        for precision in ("int8", "float32")
    )
    assert small < 0.5 * large


def test_converting_leaves_the_model_as_it_was(exported: VersionFolder, tmp_path: Path) -> None:
    model = Transformer(exported.shape().config)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    arrays = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    tokens = Tokenizer.load(exported.vocabulary).pieces
    convert(model.config, arrays, tokens, tmp_path / "int8", "int8")
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def test_positions_are_those_of_the_model(exported: VersionFolder) -> None:
    model = Transformer(exported.shape().config)
    assert np.array_equal(sinusoids(*model.positions.shape), model.positions.numpy())


@pytest.mark.parametrize(
    "name", ["embedding", "decoder.1.cross_attention.key_value.weight", "output_bias"]
)
def test_an_export_of_other_weights_is_refused(
    make_version: MakeVersion, pairs: list[Pair], name: str
) -> None:
    version = make_version(seed=6)
    tensors = load_file(version.weights)
    tensors[name] = tensors[name] + 0.05 * torch.randn_like(tensors[name])
    save_file(tensors, version.weights)
    with pytest.raises(SelfTestError, match="log-probabilities differ"):
        require_pass(run_self_test(version, pairs))


def test_swapped_vocabulary_is_refused(make_version: MakeVersion, pairs: list[Pair]) -> None:
    version = make_version(seed=7)
    names = (version.model("float32") / "shared_vocabulary.json").read_text(encoding="utf-8")
    swapped = names.replace('"\\u2581', '"#').replace('"▁', '"#')
    assert swapped != names
    (version.model("float32") / "shared_vocabulary.json").write_text(swapped, encoding="utf-8")
    with pytest.raises(SelfTestError):
        require_pass(run_self_test(version, pairs))


def test_each_exceeded_tolerance_and_nan_fail_the_self_test(
    exported: VersionFolder, pairs: list[Pair]
) -> None:
    good = run_self_test(exported, pairs)
    for bad in (
        replace(good, int8_loss_rise=0.3),
        replace(good, int8_loss_rise=float("nan")),
        replace(good, float32_bleu=50.0, int8_bleu=40.0),
        replace(good, different=1),
        replace(good, log_probability_difference=float("nan")),
    ):
        assert len(find_faults(bad)) == 1
        failed = replace(bad, verdict=SelfTestVerdict.FAILED)
        with pytest.raises(SelfTestError, match="Nothing was registered"):
            require_pass(failed)


def test_a_damaged_model_is_named(make_version: MakeVersion) -> None:
    version = make_version(seed=8)
    model = version.model("int8") / "model.bin"
    model.write_bytes(model.read_bytes()[:1000])
    with pytest.raises(CorruptError, match="not a complete CTranslate2 model"):
        load_ctranslate2_engine(version, "int8")
    with pytest.raises(CorruptError, match=r"model\.bin"):
        version.verify()
    version.weights.write_bytes(b"{}")
    with pytest.raises(CorruptError, match="weights"):
        load_torch_engine(version)
