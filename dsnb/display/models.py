"""Showing models and the data that they were trained on."""

from __future__ import annotations

from dsnb.datasets.models import ModelList
from dsnb.display import html, text
from dsnb.presenting import as_html, as_text
from dsnb.records import Version
from dsnb.units import ago, count_text, size_text

_SAID = 3


@as_text.register
def _models_text(result: ModelList) -> str:
    if not result.models:
        return text.paragraph(_nothing(result))
    headers = ("model", "made", "size", "trained on", "tags")
    rows = [
        (model.ref, ago(model.created), size_text(model.size), data_text(model), _tags(model))
        for model in result.models[: text.CAP]
    ]
    lines = text.table(rows, headers).split("\n")
    return "\n".join(text.capped(lines, len(result.models) + 1, text.CAP + 1))


@as_html.register
def _models_html(result: ModelList) -> str:
    if not result.models:
        return html.block(html.quiet(_nothing(result)))
    headers = ("Model", "Made", "Size", "Trained on", "Tags")
    rows = (
        (
            html.ref(model.ref),
            html.moment(model.created),
            size_text(model.size),
            data_text(model, most=10),
            _tags(model),
        )
        for model in result.models
    )
    return html.block(
        html.line(count_text(len(result.models), "model"), *_asked(result)),
        html.table(headers, rows, total=len(result.models)),
    )


def data_text(model: Version, most: int = _SAID) -> str:
    """Return what a model was trained on, with roles."""
    with_roles_first = sorted(model.parents, key=lambda one: not one.role)[:most]
    said = [f"{one.ref} ({one.role})" if one.role else one.ref for one in with_roles_first]
    more = len(model.parents) - most
    return ", ".join(said) + (f" and {more} more" if more > 0 else "")


def _nothing(result: ModelList) -> str:
    if result.on is not None:
        return f"No model was trained on {result.on}, as far as it is recorded."
    return "There are no models yet. Register one: %ds model register NAME PATH"


def _asked(result: ModelList) -> list[str]:
    return [] if result.on is None else [result.on]


def _tags(model: Version) -> str:
    return ", ".join(f"{key}={value}" for key, value in model.tags.items())
