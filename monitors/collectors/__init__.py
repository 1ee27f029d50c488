"""One file per collector; they do not know each other."""
