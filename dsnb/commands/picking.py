"""The verb that opens the picker: pick."""

from __future__ import annotations

from typing import Annotated, Any

from dsnb.commands.declaring import NAME, Call, declare


@declare(changes=False)
def pick(call: Call, name: Annotated[str | None, NAME] = None) -> Any:
    """Choose a dataset and a version in the notebook, look at it and load it.

    Parameters
    ----------
    name
        The dataset, or one of its versions, to begin with; by default the one that was registered
        last.

    Returns
    -------
    Picker
        A widget whose ``dataset``, ``version`` and ``ref`` tell, and set, what is chosen;
        ``load()`` returns the data. In a shell, which shows no widgets, the list to choose from.

    Raises
    ------
    DsnbError
        When there is no such dataset.

    Examples
    --------
    In a notebook::

        %ds pick
        picker = %ds pick weather_ds

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> picker = pick("weather_ds")
    >>> picker.ref
    'weather_ds@1'
    >>> picker.load().shape
    (3, 3)
    """
    workspace = call.workspace()
    if call.session is None:
        return workspace.datasets() if name is None else workspace.versions(name)
    from dsnb.widgets.picker import Picker

    return Picker(workspace, name, call.session)
