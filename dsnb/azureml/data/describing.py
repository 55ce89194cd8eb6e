"""What is said of a dataset: its name, version, description and tags, and changing them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Self

from dsnb.azureml.calling import home, sdk_call
from dsnb.azureml.data.choosing import Choice
from dsnb.azureml.data.origin import Origin
from dsnb.azureml.exceptions import UserErrorException
from dsnb.records import Version
from dsnb.refs import ANONYMOUS, Number, Ref
from dsnb.workspace import Workspace


class DescribedDataset:
    """A dataset as far as it can be described.

    Parameters
    ----------
    origin
        Where the data comes from.
    choices
        Which rows or files of it are meant.
    """

    def __init__(self, origin: Origin, choices: tuple[Choice, ...] = ()) -> None:
        self._origin = origin
        self._choices = choices
        self._recorded = None if choices else origin.version

    @property
    def name(self) -> str | None:
        """The name it is registered under; None for a dataset that is not registered."""
        registered = self._registered
        return None if registered is None else registered.name

    @property
    def version(self) -> int | None:
        """The number of the version; None for a dataset that is not registered."""
        registered = self._registered
        return None if registered is None else registered.version

    @property
    def description(self) -> str | None:
        """What was said of the version; None for nothing."""
        registered = self._registered
        return None if registered is None else registered.description or None

    @property
    def tags(self) -> dict[str, str] | None:
        """The tags of the version; None for a dataset that is not registered."""
        registered = self._registered
        return None if registered is None else dict(registered.tags)

    def __repr__(self) -> str:
        registered = self._registered
        named = "not registered" if registered is None else registered.ref
        return f"<{type(self).__name__} {named}>"

    @sdk_call()
    def update(self, description: str | None = None, tags: Mapping[str, str] | None = None) -> Self:
        """Change what is said of the registered version, without a new one.

        Parameters
        ----------
        description
            None leaves it, an empty text takes it away.
        tags
            All tags from now on; None leaves them, an empty dict takes them away.
        """
        local, ref = self._registered_as("updated")
        if description is not None:
            self._recorded = local.set_description(ref, description).version
        if tags is not None:
            given = as_tags(tags)
            there = local.resolve(ref).tags
            gone = [key for key in there if key not in given]
            if given or gone:
                self._recorded = local.set_tags(ref, given, gone).version
        return self

    @sdk_call()
    def add_tags(self, tags: Mapping[str, str] | None = None) -> Self:
        """Add tags to the registered version.

        Raises
        ------
        UserErrorException
            When one of them is there with another value.
        """
        local, ref = self._registered_as("tagged")
        given = as_tags(tags)
        there = local.resolve(ref).tags
        differing = sorted(key for key in given if there.get(key, given[key]) != given[key])
        if differing:
            raise UserErrorException(
                f"{ref} has other values for the tags {', '.join(differing)}. "
                "Take them away first with remove_tags(), or set all with update(tags=…)."
            )
        if given:
            self._recorded = local.set_tags(ref, given).version
        return self

    @sdk_call()
    def remove_tags(self, tags: Sequence[str] | None = None) -> Self:
        """Take tags of the registered version away; what it does not have is passed over."""
        local, ref = self._registered_as("relieved of tags")
        there = local.resolve(ref).tags
        named = [tags] if isinstance(tags, str) else tags or ()
        gone = [key for key in dict.fromkeys(named) if key in there]
        if gone:
            self._recorded = local.set_tags(ref, {}, gone).version
        return self

    @sdk_call()
    def unregister_all_versions(self) -> None:
        """Forget the name with all its versions; the data stays, and no number is used again."""
        if self._registered is None:
            return
        local, ref = self._registered_as("unregistered")
        numbers = local.view().numbers(ref.name)
        local.delete([Ref(ref.name, Number(number)) for number in numbers], force=True)
        self._origin = replace(self._origin, version=None)
        self._recorded = None

    # Within

    @property
    def _local(self) -> Workspace:
        return self._origin.workspace or Workspace.find(home())

    @property
    def _registered(self) -> Version | None:
        version = self._recorded
        return None if version is None or version.name == ANONYMOUS else version

    def _registered_as(self, done: str) -> tuple[Workspace, Ref]:
        """Return the workspace and the registered version as it is called now."""
        registered = self._registered
        local = self._local
        now = None if registered is None else local.view().by_id(registered.id)
        if now is None:
            raise UserErrorException(
                f"This dataset is not registered, so it cannot be {done}. Register it first, and "
                "go on with what register() returns."
            )
        return local, Ref(now.name, Number(now.version))


def as_tags(tags: Mapping[str, str] | None) -> dict[str, str]:
    """Return tags as texts.

    Raises
    ------
    UserErrorException
        When they are no mapping.
    """
    if not isinstance(tags, Mapping | None):
        raise UserErrorException(f"{tags!r} are no tags: pass a dict, such as {{'week': '27'}}.")
    return {str(key): str(value) for key, value in (tags or {}).items()}
