"""How many updates a run makes, and how large each of them is."""

import math

# What a budget of minutes leaves for validation, samples and checkpoints.
_TRAINING_SHARE = 0.9


def learning_rate_factor(step: int, *, steps: int, warmup: int, schedule: str) -> float:
    """Return the share of the peak learning rate at update `step`, counted from 1.

    Both schedules rise linearly over `warmup` updates. `linear` then falls to 0 just after the
    last update; `inverse_sqrt` is the paper's (5.3): it falls with the square root of the step.
    """
    if step <= warmup:
        return step / warmup
    if schedule == "inverse_sqrt":
        return math.sqrt(warmup / step)
    return max(0.0, (steps + 1 - step) / (steps + 1 - warmup))


def num_warmup(steps: int, ratio: float) -> int:
    """Return how many updates the learning rate rises for, at least one."""
    return max(1, round(steps * ratio))


def steps_within(minutes: float, step_seconds: float) -> int:
    """Return how many updates of `step_seconds` fit into a budget of wall time, at least one."""
    return max(1, int(minutes * 60 * _TRAINING_SHARE / step_seconds))
