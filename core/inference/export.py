"""A trained model -> the folder of a version: two CTranslate2 models, weights, vocabulary, shape.

Imports torch: run by the promotion job, never by the server.
"""

import dataclasses
import shutil
from collections.abc import Callable, Sequence

from core.checkpoints.weights import Weights, save_tensors
from core.data.records import Pair
from core.data.tokenizer import Tokenizer
from core.errors import InputError
from core.inference.convert import convert
from core.inference.ctranslate2_model import open_engine
from core.inference.self_test import Engines, SelfTest, compare
from core.inference.torch_model import choose_attention_layer, open_torch_engine
from core.inference.version_folder import PRECISIONS, VersionFolder, VersionShape

_ATTENTION_PAIRS = 32

Tell = Callable[[str], None]


def export(weights: Weights, folder: VersionFolder, *, max_tokens: int, tell: Tell) -> None:
    """Write the model's files into a folder that exists; raises InputError, OSError.

    `max_tokens` is the longest source that it was trained on.
    """
    shutil.copyfile(weights.vocabulary, folder.vocabulary)
    tokens = Tokenizer.load(folder.vocabulary).pieces
    if len(tokens) != weights.config.vocabulary:
        raise InputError(
            f"the model knows {weights.config.vocabulary} tokens, its vocabulary {len(tokens)}"
        )
    folder.write_shape(
        VersionShape(
            config=weights.config,
            source=weights.source,
            target=weights.target,
            max_tokens=min(max_tokens, weights.config.max_length - 1),
            attention_layer=weights.config.decoder_layers - 1,
        )
    )
    _check_numbers(weights)
    save_tensors(folder.weights, {n: tensor.float() for n, tensor in weights.tensors.items()})
    arrays = {name: tensor.float().numpy() for name, tensor in weights.tensors.items()}
    for precision in PRECISIONS:
        tell(f"exporting to CTranslate2 ({precision})")
        convert(weights.config, arrays, tokens, folder.model(precision), precision)


def _check_numbers(weights: Weights) -> None:
    """Raise InputError for weights that are not finite."""
    for name, tensor in weights.tensors.items():
        if not bool(tensor.isfinite().all()):
            raise InputError(
                f"the weights of step {weights.step} hold values that are no numbers ({name})",
                remedy="The run diverged: promote another, or train with a lower learning_rate",
            )


def prove(folder: VersionFolder, pairs: Sequence[Pair]) -> SelfTest:
    """Compare the exported models with the one in torch, and note the best attention layer.

    What is compared is read back from the folder, as it will be served.
    """
    torch_engine = open_torch_engine(folder)
    outcome = compare(
        Engines(
            torch=torch_engine,
            float32=open_engine(folder, "float32"),
            int8=open_engine(folder, "int8"),
        ),
        Tokenizer.load(folder.vocabulary),
        pairs,
    )
    layer = choose_attention_layer(torch_engine, pairs[:_ATTENTION_PAIRS])
    folder.write_shape(dataclasses.replace(folder.shape(), attention_layer=layer))
    return outcome
