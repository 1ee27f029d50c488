"""Training runs in the database: requests, attempts, metrics, translation samples, scores."""
