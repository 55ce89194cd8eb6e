"""Steps and pipelines: code with named inputs and outputs, carried out as runs of their own."""
