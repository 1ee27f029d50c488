"""Model versions, their lineage, and the history of aliases."""
