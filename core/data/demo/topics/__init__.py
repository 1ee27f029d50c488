"""The topics of the corpus; each file contains a few related topics."""
