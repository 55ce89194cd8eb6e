"""Pipelines: scripts that read what others write."""
