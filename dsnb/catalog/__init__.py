"""The registry: which versions, aliases and runs there are."""
