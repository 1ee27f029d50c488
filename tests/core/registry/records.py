"""A model version for tests of the registry and of what reads it."""

from core.registry.records import ModelVersion, SelfTest, SelfTestVerdict
from core.scores import Scores

SELF_TEST = SelfTest(
    verdict=SelfTestVerdict.PASSED, segments=64, log_probability_difference=2e-6, different=0,
    int8_identical_ratio=0.9, int8_loss_rise=0.01, float32_bleu=40.0, int8_bleu=39.5,
)  # fmt: skip


def model_version(number: int = 1, name: str = "en-es", created_at: float = 1.0) -> ModelVersion:
    """Return a version with nested values, quotes and an emoji."""
    return ModelVersion(
        name=name,
        version=number,
        run_id="r-1",
        run_name='night "run" 🌙',
        step=800,
        source="en",
        target="es",
        dataset="demo",
        dataset_digest="d" * 64,
        snapshot=None,
        waiver="no restic here",
        config={"train": {"width": 128}},
        code_version="0.1.0",
        scores=Scores(bleu=81.5),
        self_test=SELF_TEST,
        digest="f" * 64,
        created_at=created_at,
    )
