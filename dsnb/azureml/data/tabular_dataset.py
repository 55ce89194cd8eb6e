"""Datasets that are tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

from dsnb.azureml.calling import note_reading, sdk_call
from dsnb.azureml.data.abstract_dataset import AbstractDataset
from dsnb.azureml.data.choosing import Choice, after, first, positions_of, split
from dsnb.azureml.data.dataset_error_handling import DatasetExecutionError, DatasetValidationError
from dsnb.azureml.data.origin import Origin
from dsnb.azureml.exceptions import UserErrorException
from dsnb.datasets.registration import Registration, Request
from dsnb.errors import MissingColumnError, did_you_mean
from dsnb.records import Version
from dsnb.tables.columns import is_plainly_numbered
from dsnb.tables.parts import Wanted
from dsnb.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

ColumnChoice = Callable[[Sequence[str]], list[str]]


class TabularDataset(AbstractDataset):
    """A table, in one file or several; made by `Dataset.Tabular`.

    Parameters
    ----------
    origin
        Where the data comes from.
    choices
        Which rows of it are meant.
    columns
        Which columns of it are meant.
    """

    kind: ClassVar[Literal["file", "tabular"]] = "tabular"
    modes: ClassVar[tuple[str, ...]] = ("direct",)

    def __init__(
        self,
        origin: Origin,
        choices: tuple[Choice, ...] = (),
        columns: tuple[ColumnChoice, ...] = (),
    ) -> None:
        super().__init__(origin, choices)
        self._columns = columns
        if columns:
            self._recorded = None

    @sdk_call(DatasetExecutionError)
    def to_pandas_dataframe(
        self, on_error: str = "null", out_of_range_datetime: str = "null"
    ) -> pd.DataFrame:
        """Return the table as it was registered.

        Parameters
        ----------
        on_error, out_of_range_datetime
            ``null`` or ``fail``. Values are never made null here: a column that holds a value
            which is not of its type is a column of text.

        Raises
        ------
        DatasetExecutionError
            When files changed or vanished since and were not kept, or are no such table.
        """
        for value in (on_error, out_of_range_datetime):
            if value not in ("null", "fail"):
                raise UserErrorException(f"{value!r} is neither 'null' nor 'fail'.")
        return self._frame()

    def take(self, count: int) -> TabularDataset:
        """Return a dataset of the first rows."""
        return self._chosen(first(count))

    def skip(self, count: int) -> TabularDataset:
        """Return a dataset of all rows but the first."""
        return self._chosen(after(count))

    def take_sample(self, probability: float, seed: int | None = None) -> TabularDataset:
        """Return a dataset of some rows: each is taken with a probability from 0 to 1."""
        return self._chosen(split(probability, seed)[0])

    def random_split(
        self, percentage: float, seed: int | None = None
    ) -> tuple[TabularDataset, TabularDataset]:
        """Return two datasets that share out the rows.

        Parameters
        ----------
        percentage
            The probability that a row is in the first, from 0 to 1.
        seed
            Makes the split repeatable.
        """
        one, other = split(percentage, seed)
        return self._chosen(one), self._chosen(other)

    def keep_columns(self, columns: str | Sequence[str], validate: bool = False) -> TabularDataset:
        """Return a dataset of some columns, in the order that the table has.

        Parameters
        ----------
        columns
            One name, or several.
        validate
            Whether to look now whether they are there, rather than when the table is read.

        Raises
        ------
        DatasetValidationError
            When one is not there.
        """
        named = _names(columns)

        def kept(known: Sequence[str]) -> list[str]:
            _check_there(named, known)
            return [name for name in known if name in named]

        dataset = TabularDataset(self._origin, self._choices, (*self._columns, kept))
        if validate:
            dataset._validate()
        return dataset

    def drop_columns(self, columns: str | Sequence[str]) -> TabularDataset:
        """Return a dataset without some columns: one name, or several."""
        named = _names(columns)

        def left(known: Sequence[str]) -> list[str]:
            _check_there(named, known)
            return [name for name in known if name not in named]

        return TabularDataset(self._origin, self._choices, (*self._columns, left))

    @sdk_call(DatasetValidationError)
    def _validate(self) -> None:
        local = self._local
        held = self._held(local)
        if held.columns is None:
            self._frame()
        else:
            self._chosen_columns([column.name for column in held.columns])

    def _chosen(self, choice: Choice) -> TabularDataset:
        return TabularDataset(self._origin, (*self._choices, choice), self._columns)

    def _chosen_columns(self, known: Sequence[str]) -> list[str]:
        names = list(known)
        for choice in self._columns:
            names = choice(names)
        return names

    def _held(self, local: Workspace) -> Version:
        if self._columns and not self._choices and self._origin.version is None:
            # What was recorded of this dataset has the chosen columns only.
            return local.save(self._origin.paths_in(local), self._unnamed(local))
        return super()._held(local)

    def _frame(self) -> pd.DataFrame:
        local = self._local
        held = self._held(local)
        wanted = None
        if self._columns and held.columns is not None:
            wanted = self._chosen_columns([column.name for column in held.columns])
        frame: pd.DataFrame = local.load(held, "pandas", Wanted(columns=wanted))
        note_reading(local, held, wanted)
        if self._columns and wanted is None:
            frame = frame[self._chosen_columns(list(frame.columns))]
        if self._choices:
            plain = is_plainly_numbered(frame)
            frame = frame.iloc[positions_of(len(frame), self._choices)]
            frame = frame.reset_index(drop=True) if plain else frame
        return frame

    def _save(self, local: Workspace) -> Version:
        if self._is_whole:
            return super()._save(local)
        return local.save_table(self._frame(), self._as_table(self._unnamed(local)))

    def _register(self, local: Workspace, request: Request) -> Registration:
        version = self._origin.version
        if self._is_whole and not (version and version.definition.from_memory):
            return super()._register(local, request)
        return local.register_table(self._frame(), self._as_table(request))

    @property
    def _is_whole(self) -> bool:
        return not (self._choices or self._columns)

    @staticmethod
    def _as_table(request: Request) -> Request:
        """Return a request for a part of a table, which is kept as a table of its own."""
        return replace(request, options={})


def _names(columns: str | Sequence[str]) -> list[str]:
    named = [columns] if isinstance(columns, str) else columns
    if not isinstance(named, Sequence) or not all(isinstance(name, str) for name in named):
        raise UserErrorException(f"{columns!r} names no columns: pass a name, or a list of names.")
    return list(named)


def _check_there(named: Sequence[str], known: Sequence[str]) -> None:
    for name in named:
        if name not in known:
            raise MissingColumnError(
                f"There is no column {name}. {did_you_mean(name, list(known))}".strip(),
                hint=f"The columns are {', '.join(known[:20])}{', …' if len(known) > 20 else ''}.",
            )
