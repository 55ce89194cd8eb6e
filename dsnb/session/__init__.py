"""The session: this process as a run that reads and makes versions."""
