"""Health: what is broken in a workspace, and mending what can be mended."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

from dsnb.datasets.content import find_content
from dsnb.datasets.housekeeping import find_leftovers
from dsnb.datasets.inspection import every_version
from dsnb.datasets.keeping import keep_files
from dsnb.datasets.stores import Stores
from dsnb.errors import ConfigError, DsnbError, RegistryDamagedError, RegistryError
from dsnb.presenting import Outcome
from dsnb.records import FileEntry, Manifest, Version
from dsnb.storage.hashing import hash_files
from dsnb.storage.layout import Layout
from dsnb.units import count_text

State = Literal["broken", "mended", "lost", "remark"]
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be.

    Attributes
    ----------
    state
        ``broken``; ``mended`` just now; ``lost``, which nothing here can bring back; or a
        ``remark``, which costs nothing.
    what
        What it is, in one sentence.
    remedy
        What to do about it.
    """

    state: State
    what: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination(Outcome):
    """How a workspace fares; true while nothing is broken or lost.

    Attributes
    ----------
    workspace
        Its folder.
    findings
        What is not as it should be.
    versions, contents
        Number of versions and of kept contents that were read.
    """

    workspace: str
    findings: tuple[Finding, ...]
    versions: int
    contents: int

    def __bool__(self) -> bool:
        return not any(finding.state in ("broken", "lost") for finding in self.findings)


def examine(stores: Stores, *, repair: bool = False) -> Examination:
    """Look for what is broken: settings, registry, file lists, kept bytes, leftovers.

    Parameters
    ----------
    stores
        The workspace's keepers.
    repair
        Whether to mend what can be mended.

    Raises
    ------
    RegistryError
        When something that is to be mended cannot be written.
    """
    findings = [*_registry(stores, repair)]
    versions: list[Version] = []
    kept: dict[str, tuple[Version, FileEntry]] = {}
    try:
        versions = list(every_version(stores))
    except RegistryError as error:
        if not findings:
            findings.append(Finding("broken", error.message, error.hint))
    for version in versions:
        manifest = _manifest(stores, version, findings, repair)
        if manifest is not None and version.kept:
            for file in manifest.files:
                kept.setdefault(file.hash, (version, file))
    findings += _snapshots(stores, kept, versions, repair)
    findings += _surroundings(stores)
    return Examination(
        workspace=str(stores.layout.root),
        findings=tuple(findings),
        versions=len(versions),
        contents=len(kept),
    )


def without_settings(layout: Layout, error: ConfigError) -> Examination:
    """Return what is found where the settings cannot be read, without which nothing else can be."""
    finding = Finding("broken", error.message, error.hint)
    return Examination(workspace=str(layout.root), findings=(finding,), versions=0, contents=0)


def _registry(stores: Stores, repair: bool) -> Iterator[Finding]:
    damages = stores.catalog.check()
    if repair and any(damage.mendable for damage in damages):
        mended, lost = stores.catalog.repair()
        yield from (Finding("mended", what) for what in mended)
        yield from (Finding("lost", what) for what in lost)
        damages = stores.catalog.check()
    for damage in damages:
        yield Finding("remark" if damage.harmless else "broken", damage.what, damage.remedy)


def _manifest(
    stores: Stores, version: Version, findings: list[Finding], repair: bool
) -> Manifest | None:
    """Return a version's file list; what is wrong with it is added to the findings."""
    try:
        return stores.manifest(version)
    except RegistryDamagedError as error:
        damage = error
    try:
        content = find_content(stores, version.definition)
        mendable = content.digest == version.digest
    except DsnbError:
        mendable = False
    if not mendable:
        findings.append(
            Finding(
                "lost",
                f"The file list of {version.ref} is lost, and its files are no longer those that "
                f"were registered: {damage.message}",
                f"Put the file back from a backup, or let the version go: %ds delete {version.ref}",
            )
        )
        return None
    if not repair:
        findings.append(Finding("broken", damage.message, "Mend it: %ds doctor --repair"))
        return None
    manifest = content.manifest(stores)
    stores.manifests.write(manifest)
    findings.append(
        Finding("mended", f"The file list of {version.ref} was made anew from its files.")
    )
    return manifest


def _snapshots(
    stores: Stores,
    kept: dict[str, tuple[Version, FileEntry]],
    versions: list[Version],
    repair: bool,
) -> Iterator[Finding]:
    """Look at every kept content; keep anew what is damaged and still lies unchanged on disk."""
    damaged = dict(stores.snapshots.check(kept, stores.progress))
    if repair and damaged:
        before = len(damaged)
        for version in versions:
            if version.kept:
                _keep_again(stores, version, damaged)
        # What was only damaged because its base was is sound again with that.
        damaged = dict(stores.snapshots.check(damaged, stores.progress))
        if before > len(damaged):
            count = count_text(before - len(damaged), "kept content")
            yield Finding("mended", f"{count} kept anew from the files, which are unchanged.")
    for address, why in list(damaged.items())[:_NAMED]:
        version, file = kept[address]
        yield Finding(
            "lost" if repair else "broken",
            f"What was kept of {file.path} in {version.ref} cannot be given back: {why}.",
            "Put the file itself back where it was, then: %ds doctor --repair"
            if repair
            else "Mend it, while the file is still there: %ds doctor --repair",
        )
    if len(damaged) > _NAMED:
        count = count_text(len(damaged) - _NAMED, "more kept content")
        yield Finding("lost" if repair else "broken", f"{count} cannot be given back.")


def _keep_again(stores: Stores, version: Version, damaged: dict[str, str]) -> None:
    """Keep those files of a version again that were damaged and are unchanged on disk.

    What cannot be replaced stays as it is: some of it may still be read by hand.
    """
    try:
        manifest = stores.manifest(version)
    except RegistryDamagedError:
        return
    for group in manifest.groups:
        for name, size, address in zip(group.names, group.sizes, group.hashes, strict=True):
            if address not in damaged:
                continue
            alone = Manifest((replace(group, names=(name,), sizes=(size,), hashes=(address,)),))
            # It may have changed, or be gone: then another version may still have it.
            with suppress(DsnbError):
                [(digest, _)] = hash_files(stores.paths(alone))
                if digest.hex() == address:
                    stores.snapshots.discard([address])
                    keep_files(stores, alone, None)


def _surroundings(stores: Stores) -> Iterator[Finding]:
    layout = stores.layout
    if not os.access(layout.folder, os.W_OK):
        yield Finding(
            "remark",
            f"{layout.folder} cannot be written by you: versions can be loaded, not registered.",
            "Ask its owner, or work in a copy.",
        )
    leftovers = list(find_leftovers(stores))
    if leftovers:
        count = count_text(len(leftovers), "leftover")
        yield Finding("remark", f"{count} of killed processes take up room.", "Free it: %ds gc")
