"""The Transformer equals torch's own, and its masks hide what they should."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as some
from torch import Tensor, nn

from core.data.records import BOS_ID, EOS_ID, PAD_ID
from core.model.config import Norm
from core.model.loss import token_loss
from core.model.search import BeamOptions, pad, translate
from core.model.transformer import Transformer, attend, sinusoids

MakeModel = Callable[..., Transformer]
SENTENCES = some.lists(some.integers(4, 39), min_size=1, max_size=9)
pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
FAST = limits(max_examples=25)


def reference(ours: Transformer) -> nn.Transformer:
    """Return torch's Transformer with the same weights."""
    shape = ours.config
    theirs = nn.Transformer(
        shape.width, shape.heads, shape.encoder_layers, shape.decoder_layers, shape.hidden,
        dropout=0.0, batch_first=True, norm_first=shape.norm == "pre",
    )  # fmt: skip
    for mine, other in zip(ours.encoder, theirs.encoder.layers, strict=True):
        copy_self_attention(mine.self_attention, other.self_attn)
        copy_feed_forward(mine.feed_forward, other)
        other.norm1.load_state_dict(mine.around_self.norm.state_dict())
        other.norm2.load_state_dict(mine.around_feed.norm.state_dict())
    for mine, other in zip(ours.decoder, theirs.decoder.layers, strict=True):
        copy_self_attention(mine.self_attention, other.self_attn)
        copy_cross_attention(mine.cross_attention, other.multihead_attn)
        copy_feed_forward(mine.feed_forward, other)
        other.norm1.load_state_dict(mine.around_self.norm.state_dict())
        other.norm2.load_state_dict(mine.around_cross.norm.state_dict())
        other.norm3.load_state_dict(mine.around_feed.norm.state_dict())
    if shape.norm == "pre":
        theirs.encoder.norm.load_state_dict(ours.encoder_norm.state_dict())
        theirs.decoder.norm.load_state_dict(ours.decoder_norm.state_dict())
    else:  # torch ends with a LayerNorm even then; the paper does not
        theirs.encoder.norm = theirs.decoder.norm = None
    return theirs  # in training mode: torch's shortcuts for inference are not what is compared


@torch.no_grad()
def copy_self_attention(mine: nn.Module, other: nn.MultiheadAttention) -> None:
    """Copy a fused Q, K, V projection: torch keeps it in the same order."""
    other.in_proj_weight.copy_(mine.qkv.weight)
    other.in_proj_bias.copy_(mine.qkv.bias)
    other.out_proj.load_state_dict(mine.out.state_dict())


@torch.no_grad()
def copy_cross_attention(mine: nn.Module, other: nn.MultiheadAttention) -> None:
    """Copy a Q and a fused K, V projection."""
    other.in_proj_weight.copy_(torch.cat([mine.query.weight, mine.key_value.weight]))
    other.in_proj_bias.copy_(torch.cat([mine.query.bias, mine.key_value.bias]))
    other.out_proj.load_state_dict(mine.out.state_dict())


def copy_feed_forward(mine: nn.Module, other: nn.Module) -> None:
    """Copy the two linear layers."""
    other.linear1.load_state_dict(mine.inner.state_dict())
    other.linear2.load_state_dict(mine.outer.state_dict())


def run_reference(
    theirs: nn.Transformer, ours: Transformer, source: Tensor, target: Tensor
) -> Tensor:
    """Return torch's output (B, T, D) for the same embedded tokens."""
    future = nn.Transformer.generate_square_subsequent_mask(target.shape[1])
    hidden_mask = torch.where(source == PAD_ID, -torch.inf, 0.0)
    return theirs(
        ours.embed(source), ours.embed(target), tgt_mask=future,
        src_key_padding_mask=hidden_mask, memory_key_padding_mask=hidden_mask,
    )  # fmt: skip


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("lengths", [(7, 7, 7), (7, 4, 2)], ids=["no padding", "padding"])
def test_the_output_equals_torchs_transformer_with_the_same_weights(
    make_model: MakeModel, norm: Norm, lengths: tuple[int, ...]
) -> None:
    ours = make_model(norm)
    theirs = reference(ours)
    source = pad([torch.randint(4, 40, (n,)).tolist() for n in lengths])
    target = torch.randint(4, 40, (3, 5))
    with torch.no_grad():
        memory, mask = ours.encode(source)
        hidden, _ = ours.decode(target, memory, mask)
        expected = run_reference(theirs, ours, source, target)
    assert (mask is None) == (len(set(lengths)) == 1)
    assert (hidden - expected).abs().max() <= 1e-5


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_gradients_equal_those_of_torchs_transformer(make_model: MakeModel, norm: Norm) -> None:
    """A wrong graph can give the right output."""
    ours = make_model(norm)
    theirs = reference(ours)
    source, target = torch.randint(4, 40, (2, 6)), torch.randint(4, 40, (2, 5))
    probe = torch.randn(2, 5, 32)
    memory, mask = ours.encode(source)
    hidden, _ = ours.decode(target, memory, mask)
    (mine,) = torch.autograd.grad((hidden * probe).sum(), ours.embedding)
    (expected,) = torch.autograd.grad(
        (run_reference(theirs, ours, source, target) * probe).sum(), ours.embedding
    )
    assert (mine - expected).abs().max() <= 1e-4


def test_attention_equals_torchs_fused_kernel() -> None:
    """Section 3.2.1 of the paper against torch's fused kernel."""
    Q, K, V = torch.randn(2, 3, 5, 8), torch.randn(2, 3, 7, 8), torch.randn(2, 3, 7, 8)
    context, weights = attend(Q, K, V)
    expected = nn.functional.scaled_dot_product_attention(Q, K, V)
    assert torch.allclose(context, expected, atol=1e-6)
    assert torch.allclose(weights.sum(-1), torch.ones(2, 3, 5), atol=1e-6)


@given(source=SENTENCES, target=SENTENCES, at=some.integers(0, 8), token=some.integers(4, 39))
@FAST
def test_no_position_depends_on_later_target_tokens(
    model: Transformer, source: list[int], target: list[int], at: int, token: int
) -> None:
    at = min(at, len(target) - 1)
    changed = [*target[:at], token, *target[at + 1 :]]
    with torch.no_grad():
        before = model(torch.tensor([source]), torch.tensor([target]))
        after = model(torch.tensor([source]), torch.tensor([changed]))
    assert torch.equal(before[:, :at], after[:, :at])
    if target[at] != token:
        assert not torch.allclose(before[:, at], after[:, at])


@given(sentence=SENTENCES, others=some.lists(SENTENCES, min_size=1, max_size=3))
@FAST
def test_padding_does_not_change_the_output(
    model: Transformer, sentence: list[int], others: list[list[int]]
) -> None:
    target = [BOS_ID, *sentence]
    with torch.no_grad():
        alone = model(torch.tensor([sentence]), torch.tensor([target]))[0]
        together = model(
            pad([sentence, *others]), pad([target, *[[BOS_ID, *other] for other in others]])
        )[0, : len(target)]
    assert torch.allclose(alone, together, atol=2e-5)


@given(source=SENTENCES, target=SENTENCES)
@FAST
def test_incremental_decoding_equals_decoding_at_once(
    model: Transformer, source: list[int], target: list[int]
) -> None:
    with torch.no_grad():
        whole = model(torch.tensor([source]), torch.tensor([target]))
        state = model.begin(torch.tensor([source]))
        steps = [model.step(torch.tensor([token]), state) for token in target]
    assert torch.allclose(whole[0], torch.cat(steps), atol=2e-5)


def test_positions_are_the_interleaved_sinusoids_of_the_paper() -> None:
    """Column 2i holds sin and 2i + 1 cos of p / 10000^(2i/D)."""
    table = sinusoids(50, 8)
    assert table[3, 0] == pytest.approx(torch.sin(torch.tensor(3.0)).item(), abs=1e-6)
    assert table[3, 1] == pytest.approx(torch.cos(torch.tensor(3.0)).item(), abs=1e-6)
    assert table[49, 4] == pytest.approx(torch.sin(torch.tensor(0.49)).item(), abs=1e-6)


def test_embeddings_and_output_share_one_matrix(model: Transformer) -> None:
    sizes = [tuple(tensor.shape) for tensor in model.state_dict().values()]
    assert sizes.count((40, 32)) == 1
    position = sinusoids(64, 32)[0]
    expected = model.embedding[7] * 32**0.5 + position
    assert torch.allclose(model.embed(torch.tensor([[7]]))[0, 0], expected, atol=1e-6)


def train_step(
    model: Transformer, optimizer: torch.optim.Optimizer, source: Tensor, target: Tensor
) -> float:
    """Make one update and return the loss per token."""
    before, after = target[:, :-1], target[:, 1:]
    memory, mask = model.encode(source)
    hidden, _ = model.decode(before, memory, mask)
    loss = token_loss(
        hidden.flatten(0, 1), model.embedding, model.output_bias, after.flatten(), 0.0
    ).smoothed
    optimizer.zero_grad()
    (loss / after.numel()).backward()
    optimizer.step()
    return loss.item() / after.numel()


@pytest.mark.slow
@pytest.mark.parametrize("norm", ["pre", "post"])
def test_training_overfits_one_batch(make_model: MakeModel, norm: Norm) -> None:
    torch.manual_seed(1)
    model = make_model(norm)
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    source = torch.randint(4, 40, (8, 6))
    target = torch.cat([torch.full((8, 1), BOS_ID), torch.randint(4, 40, (8, 5))], dim=1)
    losses = [train_step(model, optimizer, source, target) for _ in range(150)]
    assert losses[0] > 3
    assert losses[-1] < 0.05


@pytest.mark.slow
def test_training_learns_to_reverse_unseen_sequences(make_model: MakeModel) -> None:
    torch.manual_seed(1)
    model = make_model()
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(500):
        words = torch.randint(4, 14, (32, 5))
        ends, begins = torch.full((32, 1), EOS_ID), torch.full((32, 1), BOS_ID)
        target = torch.cat([begins, words.flip(1), ends], dim=1)
        train_step(model, optimizer, torch.cat([words, ends], dim=1), target)
    unseen = torch.randint(4, 14, (50, 5)).tolist()
    answers = translate(model, [[*words, EOS_ID] for words in unseen], BeamOptions(beam=1))
    right = sum(
        answer[0].tokens == tuple(reversed(words))
        for answer, words in zip(answers, unseen, strict=True)
    )
    assert right >= 48
