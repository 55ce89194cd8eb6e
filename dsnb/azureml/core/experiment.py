"""`Experiment`: a name that runs belong to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from dsnb.azureml.calling import local_workspace, sdk_call
from dsnb.azureml.core.submitting import submit
from dsnb.azureml.data.describing import as_tags
from dsnb.azureml.exceptions import UserErrorException
from dsnb.provenance.runs import chosen_runs
from dsnb.records import Run as Record
from dsnb.session.current import SESSION

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,254}")


class Experiment:
    """A name that runs belong to; it needs not be made before.

    Parameters
    ----------
    workspace
        The workspace.
    name
        Letters, digits, ``_`` and ``-``, beginning with a letter or digit.
    kwargs
        Accepted as the retired SDK accepts them; none has a meaning.

    Raises
    ------
    UserErrorException
        When it is no such name.

    Examples
    --------
    >>> import dsnb, pathlib
    >>> from dsnb.azureml.core import ScriptRunConfig, Workspace
    >>> _ = dsnb.init(".")
    >>> _ = pathlib.Path("train.py").write_text("print('trained')")
    >>> experiment = Experiment(Workspace.from_config(), "weather")
    >>> run = experiment.submit(ScriptRunConfig(".", "train.py"))
    >>> run.wait_for_completion()["status"]
    'Completed'
    """

    _runs: ClassVar[Any]
    """Makes runs of records; the module of runs sets it."""

    def __init__(self, workspace: Any, name: str, **kwargs: Any) -> None:
        self._local = local_workspace(workspace)
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise UserErrorException(
                f"{name!r} cannot name an experiment: it takes up to 255 letters, digits, _ and -, "
                "and begins with a letter or digit."
            )
        self._workspace = workspace
        self._name = name

    @property
    def workspace(self) -> Any:
        """The workspace."""
        return self._workspace

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def id(self) -> str:
        """The name, which no other experiment of the workspace has."""
        return self._name

    @sdk_call()
    def submit(self, config: Any, tags: Mapping[str, str] | None = None, **kwargs: Any) -> Any:
        """Begin a run, which goes on while the notebook does.

        Parameters
        ----------
        config
            A `ScriptRunConfig` or a `Pipeline`.
        tags
            Tags of the run.
        kwargs
            What a `Pipeline` understands: ``pipeline_parameters``, ``continue_on_step_failure``,
            ``regenerate_outputs``.

        Returns
        -------
        Run
            The run.

        Raises
        ------
        UserErrorException
            When it cannot be begun; nothing is recorded then.
        """
        return submit(config, self, as_tags(tags), None, **kwargs)

    @sdk_call()
    def start_logging(self, *args: Any, **kwargs: Any) -> Any:
        """Begin a run of this session, which ends with its `complete`.

        Parameters
        ----------
        args, kwargs
            ``display_name`` is what it is called; other arguments have no effect, as nothing is
            copied from a notebook.
        """
        named = kwargs.get("display_name") or self._name
        record = SESSION.begin(self._local, str(named), self._name)
        return self._runs(self, record.id)

    @sdk_call()
    def get_runs(
        self,
        type: str | None = None,
        tags: Any = None,
        properties: Any = None,
        include_children: bool = False,
    ) -> Iterator[Any]:
        """Return the runs, newest first.

        Parameters
        ----------
        type
            Only those of this type.
        tags
            Only those with this tag, or with these tags and values.
        properties
            Has no effect but for None: a run has no properties that could be looked for.
        include_children
            Whether runs that are a part of another are among them.
        """
        if properties:
            raise UserErrorException("Runs cannot be chosen by properties here. Choose by tags=….")
        runs = [
            self._runs.of(self, record)
            for record in self._records()
            if include_children or record.parent is None
        ]
        return iter([run for run in runs if run.fits(type, tags, None)])

    @staticmethod
    @sdk_call()
    def list(
        workspace: Any, experiment_name: str | None = None, view_type: Any = None, tags: Any = None
    ) -> Sequence[Experiment]:
        """Return the experiments that have runs, by name.

        Parameters
        ----------
        workspace
            The workspace.
        experiment_name
            Only this one.
        view_type, tags
            Have no effect: no experiment is archived or tagged here.
        """
        names = {record.experiment for record in local_workspace(workspace).runs().values()}
        return [
            Experiment(workspace, name)
            for name in sorted(names)
            if _NAME.fullmatch(name) and experiment_name in (None, name)
        ]

    @classmethod
    def of(cls, workspace: Any, record: Record) -> Experiment:
        """Return the experiment of a run, whatever it is called; ``session`` where it has none."""
        experiment = cls(workspace, "session")
        experiment._name = record.experiment or experiment._name
        return experiment

    def _records(self) -> Sequence[Record]:
        return chosen_runs(self._local.runs().values(), experiment=self._name)

    def __repr__(self) -> str:
        return f"Experiment({self._name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Experiment) and (self._local.root, self._name) == (
            other._local.root,
            other._name,
        )

    def __hash__(self) -> int:
        return hash((self._local.root, self._name))
