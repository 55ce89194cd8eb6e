"""The face in IPython: ``%ds``, its completion, and the session's run."""
