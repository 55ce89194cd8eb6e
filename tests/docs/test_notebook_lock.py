"""The page about the lock: what it shows is what is written and read."""

import json
import re
from pathlib import Path

from dsnb.provenance.lock import MOST, SCHEMA, lock_document, read_lock

PAGE = (Path(__file__).parents[2] / "docs" / "notebook-lock.md").read_text(encoding="utf-8")


def test_the_lock_that_it_shows_is_one() -> None:
    [shown] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert lock_document(read_lock(json.loads(shown))) == json.loads(shown)


def test_every_key_is_told() -> None:
    entry = {"name": "a", "version": 1, "digest": "ab" * 32, "how": ["load", "trace"]}
    lock = {"schema": SCHEMA, "inputs": [entry], "outputs": [], "left_out": 1}
    written = lock_document(read_lock(lock))
    told = set(re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE))
    assert told == {*written, *written["inputs"][0]}
    assert f"At most {MOST}." in PAGE
    assert f"`{SCHEMA}`. A dsnb that finds" in PAGE
