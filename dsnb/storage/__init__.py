"""Where data lies and what it is: datastores, files, content hashes, manifests, drift."""
