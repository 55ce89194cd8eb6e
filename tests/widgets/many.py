"""Registries of the size of a busy team's."""

import uuid
from dataclasses import replace

from dsnb.catalog.jsonfile import AtomicJSONStorage
from dsnb.records import to_document
from dsnb.workspace import Workspace


def add_versions(workspace: Workspace, ref: str, count: int) -> None:
    """Add copies of a version after it, each with a description of its own."""
    from tinydb import TinyDB

    version = workspace.resolve(ref)
    documents = [
        to_document(
            replace(
                version,
                version=number,
                id=str(uuid.uuid4()),
                description=f"description of {number}",
            )
        )
        for number in range(version.version + 1, version.version + 1 + count)
    ]
    with TinyDB(workspace.layout.registry, storage=AtomicJSONStorage) as database:
        database.table("versions").insert_multiple(documents)
