"""Runs: which versions a session read and made. Records in, answers out."""
