"""The encoder-decoder Transformer and its search."""
