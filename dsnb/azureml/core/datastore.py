"""`Datastore`: a workspace's named folders."""

from __future__ import annotations

import os
from typing import Any

from dsnb.azureml.calling import local_workspace, sdk_call
from dsnb.azureml.data.local_datastore import LocalDatastore
from dsnb.azureml.exceptions import UserErrorException
from dsnb.errors import did_you_mean
from dsnb.storage.datastores import DEFAULT

_BUILT_IN_THERE = ("workspaceblobstore", "workspacefilestore", "workspaceworkingdirectory")
"""What every workspace of the retired service had; each is the default datastore here."""


class Datastore(LocalDatastore):
    """A named folder of a workspace.

    Parameters
    ----------
    workspace
        The workspace.
    name
        Its name; None is the default datastore, the workspace's own folder.

    Raises
    ------
    UserErrorException
        When there is none of that name.
    """

    @sdk_call()
    def __init__(self, workspace: Any, name: str | None = None) -> None:
        folders = {row[0]: row[1] for row in local_workspace(workspace).datastores().rows}
        found = (
            DEFAULT if name is None or (name in _BUILT_IN_THERE and name not in folders) else name
        )
        if found not in folders:
            near = did_you_mean(found, list(folders))
            raise UserErrorException(
                f"There is no datastore {found}. {near} Name a folder so: "
                f"Datastore.register_folder(workspace, {found!r}, 'FOLDER')"
            )
        super().__init__(workspace, found, folders[found])

    @staticmethod
    def get(workspace: Any, datastore_name: str) -> Datastore:
        """Return the datastore of a name; ``workspaceblobstore`` is the default one."""
        return Datastore(workspace, datastore_name)

    @staticmethod
    def get_default(workspace: Any) -> Datastore:
        """Return the default datastore, the workspace's own folder."""
        return Datastore(workspace)

    @staticmethod
    @sdk_call()
    def register_folder(
        workspace: Any, datastore_name: str, folder: str, overwrite: bool = False
    ) -> Datastore:
        """Name a folder of this machine, as ``%ds datastore add`` does.

        Parameters
        ----------
        workspace
            The workspace.
        datastore_name
            The name.
        folder
            The folder, which must be there.
        overwrite
            Whether the name may be taken from another folder, in which no version lies.
        """
        local = local_workspace(workspace)
        folders = {row[0]: row[1] for row in local.datastores().rows}
        there = folders.get(datastore_name)
        if there is not None and there == os.path.abspath(os.path.expanduser(folder)):
            return Datastore(workspace, datastore_name)
        if there is not None and overwrite:
            local.remove_datastore(datastore_name)
        local.add_datastore(datastore_name, folder)
        return Datastore(workspace, datastore_name)

    @staticmethod
    def register_azure_blob_container(
        workspace: Any, datastore_name: str, *details: Any, **named: Any
    ) -> Datastore:
        """Return the folder that was given the name of this storage of the cloud.

        Parameters
        ----------
        workspace
            The workspace.
        datastore_name
            The name.
        details, named
            Where the storage is in the cloud, which is not looked at.

        Raises
        ------
        UserErrorException
            When no folder has that name yet.
        """
        return _folder_in_place_of(workspace, datastore_name)

    register_azure_file_share = register_azure_blob_container
    register_azure_data_lake = register_azure_blob_container
    register_azure_data_lake_gen2 = register_azure_blob_container
    register_dbfs = register_azure_blob_container
    register_hdfs = register_azure_blob_container

    @staticmethod
    def register_azure_sql_database(
        workspace: Any, datastore_name: str, *details: Any, **named: Any
    ) -> Datastore:
        """Refuse a database: a version holds files.

        Raises
        ------
        UserErrorException
            Always; it says how to register what a query returns.
        """
        raise UserErrorException(
            f"{datastore_name} is a database, and a version holds files. Read what you need with "
            "pd.read_sql(), and register that: "
            "Dataset.Tabular.register_pandas_dataframe(df, datastore, 'NAME')"
        )

    register_azure_postgre_sql = register_azure_sql_database
    register_azure_my_sql = register_azure_sql_database

    def set_as_default(self) -> None:
        """Make this the default datastore, which only the workspace's own folder can be.

        Raises
        ------
        UserErrorException
            When it is another folder.
        """
        if self.name != DEFAULT:
            raise UserErrorException(
                "The default datastore is always the workspace's own folder. Name this one where "
                f"it is used: Datastore.get(workspace, {self.name!r})"
            )

    @sdk_call()
    def unregister(self) -> None:
        """Forget the name; the folder stays, and no version may lie in it."""
        local_workspace(self.workspace).remove_datastore(self.name)


@sdk_call()
def _folder_in_place_of(workspace: Any, name: str) -> Datastore:
    local = local_workspace(workspace)
    if name not in {row[0] for row in local.datastores().rows}:
        raise UserErrorException(
            f"{name} is storage of the cloud, which cannot be reached here. Copy or mount its data "
            f"to a folder and give that its name, then run the same line again: "
            f"Datastore.register_folder(workspace, {name!r}, 'FOLDER')"
        )
    local.notify(f"The datastore {name} is a folder here; what lies in the cloud is not read.")
    return Datastore(workspace, name)
