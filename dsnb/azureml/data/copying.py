"""Copying files to where they were asked for, each of them whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

from dsnb.azureml.exceptions import UserErrorException
from dsnb.errors import writing
from dsnb.storage.atomic import TEMPORARY


def copy_files(pairs: Sequence[tuple[str, str]]) -> None:
    """Copy files, making the folders that they need.

    Parameters
    ----------
    pairs
        From where and to where. What is there already is written over.

    Raises
    ------
    UserErrorException
        When a file cannot be read.
    RegistryError
        When a place cannot be written.
    """
    for source, target in pairs:
        place = Path(target)
        temporary = place.with_name(f"{TEMPORARY}{secrets.token_hex(8)}")
        with writing(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(source, temporary)
                os.replace(temporary, place)
            except FileNotFoundError as error:
                raise UserErrorException(f"{source} cannot be copied: {error}.") from error
            finally:
                temporary.unlink(missing_ok=True)


def refuse_existing(targets: Sequence[str]) -> None:
    """Refuse to write over files that are there.

    Raises
    ------
    UserErrorException
        When one of them is.
    """
    there = [target for target in targets if os.path.lexists(target)]
    if there:
        more = f" and {len(there) - 1:,} more" if len(there) > 1 else ""
        raise UserErrorException(
            f"{there[0]}{more} would be written over; nothing was. Pass overwrite=True, or name "
            "an empty folder."
        )
