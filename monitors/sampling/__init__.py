"""The sampler: asks collectors at each interval and stores the readings."""
