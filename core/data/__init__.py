"""Parallel text: import, clean, split, tokenise, batch; versioned by digest."""
