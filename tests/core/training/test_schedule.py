"""The learning rate schedule, and the number of steps in a time budget."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.training.host import steps_within
from core.training.update import learning_rate_factor, num_warmup_steps

SCHEDULES = some.sampled_from(["linear", "inverse_sqrt"])


@given(steps=some.integers(2, 5000), ratio=some.floats(0, 0.9), schedule=SCHEDULES)
def test_the_rate_rises_to_its_peak_and_then_falls(steps: int, ratio: float, schedule: str) -> None:
    warmup = num_warmup_steps(steps, ratio)
    factors = [
        learning_rate_factor(step, steps=steps, warmup=warmup, schedule=schedule)
        for step in range(1, steps + 1)
    ]
    assert max(factors) == factors[warmup - 1] == 1
    assert factors[:warmup] == sorted(factors[:warmup])
    assert factors[warmup - 1 :] == sorted(factors[warmup - 1 :], reverse=True)
    assert min(factors) > 0


def test_linear_ends_near_zero_and_inverse_sqrt_halves_when_steps_quadruple() -> None:
    assert learning_rate_factor(1000, steps=1000, warmup=100, schedule="linear") == pytest.approx(
        1 / 901
    )
    assert learning_rate_factor(400, steps=1000, warmup=100, schedule="inverse_sqrt") == 0.5


def test_a_tenth_of_the_budget_is_left_for_validation() -> None:
    assert steps_within(10, 0.5) == 1080
    assert steps_within(0.01, 60) == 1
