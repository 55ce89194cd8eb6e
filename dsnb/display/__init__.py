"""Showing results: each as plain text for 80 columns and as HTML, escaped and capped."""
