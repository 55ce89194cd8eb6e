"""The verbs, each declared once: its arguments, help and example serve every face."""
