"""Training runs: what was asked, what was measured, which checkpoints stand."""
