"""Rewriting code that was written for the retired SDK."""
