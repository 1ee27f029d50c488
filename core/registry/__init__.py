"""Model versions, their lineage, and what served when."""
