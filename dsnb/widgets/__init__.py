"""What is shown as a live widget: the picker of datasets and versions."""
