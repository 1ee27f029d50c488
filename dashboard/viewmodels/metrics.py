"""Names of the metrics that training logs, as the page reads them."""

TRAIN_LOSS = "train_loss"
VALID_LOSS = "valid_loss"
LEARNING_RATE = "learning_rate"
GRADIENT_NORM = "gradient_norm"
TOKENS_PER_SECOND = "tokens_per_second"
VALID_BLEU = "valid_bleu"
STEP_SECONDS = "step_seconds"
