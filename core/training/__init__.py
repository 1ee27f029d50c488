"""The training process: loop, schedule, checkpoints."""
