"""Models: trained artefacts as versions of their own, with the data that they were trained on.

A model is files to dsnb, of whatever library; nothing of it is ever loaded or unpickled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dsnb.catalog.base import View
from dsnb.datasets.inspection import every_version
from dsnb.datasets.stores import Stores
from dsnb.presenting import Presentable
from dsnb.records import Parent, Run, Use, Version

_ROLES = {
    "training data": r"train(ing|ed)?",
    "validation data": r"(valid(ation)?|val|dev)",
    "test data": r"(test(ing)?|holdout|eval(uation)?)",
}
"""What a word in a dataset's name says of how a model used it."""


@dataclass(frozen=True, slots=True)
class ModelList(Presentable):
    """Models, newest first.

    Attributes
    ----------
    models
        Versions of models; their parents are the data they were trained on, with roles.
    on
        Reference or name of the dataset that they were asked for by; None for all.
    """

    models: tuple[Version, ...]
    on: str | None = None

    def __len__(self) -> int:
        return len(self.models)


def list_models(
    stores: Stores, on: Version | None = None, *, any_version: bool = False
) -> ModelList:
    """Return the models of a workspace, or those that were trained on some data.

    Parameters
    ----------
    stores
        The workspace's keepers.
    on
        A version that they were trained on; of a model, only itself and its other versions.
    any_version
        Whether any version of that dataset will do.
    """
    models = [version for version in every_version(stores) if version.kind == "model"]
    if on is not None and on.kind == "model":
        models = [model for model in models if model.name == on.name]
    elif on is not None:
        view = stores.catalog.view()
        wanted = {on.id}
        if any_version:
            found = (view.version(on.name, number) for number in view.numbers(on.name))
            wanted |= {version.id for version in found if version is not None}
        models = [model for model in models if wanted & {one.id for one in model.parents}]
    asked = None if on is None else on.name if any_version else on.ref
    newest_first = sorted(models, key=lambda model: model.created, reverse=True)
    return ModelList(tuple(newest_first), asked)


def trained_on(data: Mapping[str, Version]) -> tuple[Parent, ...]:
    """Return versions as what a model was trained on, by the roles that the user gave."""
    return tuple(
        Parent(version.ref, version.id, version.digest, role) for role, version in data.items()
    )


def inputs_of(view: View, run: Run | None) -> tuple[Parent, ...]:
    """Return what a run read as what its model was trained on, roles guessed from the names."""
    uses: Iterable[Use] = () if run is None else run.inputs
    found: dict[str, Parent] = {}
    for use in uses:
        version = view.by_id(use.id)
        if version is not None and version.kind != "model":
            found[use.id] = Parent(version.ref, version.id, version.digest, role_of(version.name))
    return tuple(found.values())


def role_of(name: str) -> str:
    """Return how a model uses a dataset, as far as its name tells.

    Examples
    --------
    >>> role_of("flights_train"), role_of("weather_ds"), role_of("test-2013")
    ('training data', '', 'test data')
    """
    words = re.split(r"[^a-z]+", name.lower())
    for role, pattern in _ROLES.items():
        if any(re.fullmatch(pattern, word) for word in words):
            return role
    return ""
