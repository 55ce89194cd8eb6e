#!/usr/bin/env bash
# JupyterLab over the notebooks, with the front end rebuilt whenever a file of it changes.
set -euo pipefail
cd "$(dirname "$0")/.."
(cd labextension && exec jlpm watch) &
watcher=$!
trap 'kill $watcher' EXIT
cd notebooks && jupyter lab quickstart.ipynb
