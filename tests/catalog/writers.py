"""Processes that write a registry at once; each function is the body of one."""

import os
import sys

from tests.catalog.records import add, catalog_in


def add_many(folder: str, name: str, count: int) -> None:
    """Add versions one by one, each in a transaction of its own; print the numbers they got."""
    catalog = catalog_in(folder)
    for _ in range(count):
        print(name, add(catalog, name, id=os.urandom(16).hex()).version)


if __name__ == "__main__":
    add_many(sys.argv[1], sys.argv[2], int(sys.argv[3]))
