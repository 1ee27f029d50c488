"""The sampler: polls collectors at each interval and stores the readings."""
