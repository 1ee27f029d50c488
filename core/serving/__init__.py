"""Export, translation server, client."""
