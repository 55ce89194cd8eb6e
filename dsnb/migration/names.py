"""What the retired SDK's names are here, and which of them are not here."""

from __future__ import annotations

from functools import cache
from typing import Any

OLD = "azureml"
NEW = "dsnb.azureml"
NOT_HERE = frozenset(
    {
        "add_dataset_references",
        "add_properties",
        "add_private_pip_wheel",
        "as_cache",
        "as_hdfs",
        "build_local",
        "compute_targets",
        "create_children",
        "data_changed_time",
        "deploy",
        "file_metadata",
        "from_docker_build_context",
        "from_existing_conda_environment",
        "from_sql_query",
        "get_default_compute_target",
        "get_default_keyvault",
        "get_environment",
        "get_image_details",
        "get_mlflow_tracking_uri",
        "get_pipeline_output",
        "get_profile_runs",
        "get_secret",
        "get_secrets",
        "linked_services",
        "log_accuracy_table",
        "log_confusion_matrix",
        "log_image",
        "log_predictions",
        "log_residuals",
        "log_row",
        "log_table",
        "parse_delimited_files",
        "parse_parquet_files",
        "partition_by",
        "private_endpoints",
        "publish_pipeline",
        "read_delimited_files",
        "read_parquet_files",
        "register_dask_dataframe",
        "register_spark_dataframe",
        "restore_snapshot",
        "submit_profile_run",
        "take_snapshot",
        "time_after",
        "time_before",
        "time_between",
        "time_recent",
        "to_csv_files",
        "to_dask_dataframe",
        "to_parquet_files",
        "to_spark_dataframe",
        "update_dependencies",
        "webservices",
        "with_timestamp_columns",
    }
)
"""Methods whose names tell whose they are, whatever the variable before them is called."""


@cache
def is_here(path: str) -> bool:
    """Tell whether a dotted path of the retired SDK names something here.

    What it names is looked up as the migrated code will: by its name, when it runs.

    Parameters
    ----------
    path
        Below the SDK's package, such as ``core.Workspace.from_config``.
    """
    thing: Any = _package()
    for part in filter(None, path.split(".")):
        if not hasattr(thing, part):
            return False
        thing = getattr(thing, part)
    return True


def _package() -> Any:
    """Return the package with all its public modules, each of which is then found by its name."""
    import dsnb.azureml.core.conda_dependencies
    import dsnb.azureml.core.container_registry
    import dsnb.azureml.core.dataset
    import dsnb.azureml.core.datastore
    import dsnb.azureml.core.environment
    import dsnb.azureml.core.experiment
    import dsnb.azureml.core.model
    import dsnb.azureml.core.run
    import dsnb.azureml.core.runconfig
    import dsnb.azureml.core.script_run_config
    import dsnb.azureml.core.workspace
    import dsnb.azureml.data.abstract_dataset
    import dsnb.azureml.data.abstract_datastore
    import dsnb.azureml.data.context_managers
    import dsnb.azureml.data.data_reference
    import dsnb.azureml.data.data_type
    import dsnb.azureml.data.datapath
    import dsnb.azureml.data.dataset_consumption_config
    import dsnb.azureml.data.dataset_error_handling
    import dsnb.azureml.data.dataset_factory
    import dsnb.azureml.data.dataset_type_definitions
    import dsnb.azureml.data.file_dataset
    import dsnb.azureml.data.local_datastore
    import dsnb.azureml.data.output_dataset_config
    import dsnb.azureml.data.tabular_dataset
    import dsnb.azureml.exceptions
    import dsnb.azureml.pipeline.core.builder
    import dsnb.azureml.pipeline.core.graph
    import dsnb.azureml.pipeline.core.pipeline
    import dsnb.azureml.pipeline.core.pipeline_output_dataset
    import dsnb.azureml.pipeline.core.run
    import dsnb.azureml.pipeline.steps.python_script_step

    return dsnb.azureml
