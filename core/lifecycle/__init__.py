"""The whole life of a model as actions: what the page and the command line do."""
