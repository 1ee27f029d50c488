"""One module per collector; none imports another."""
