from typing import Any

import pandas as pd
import pytest

from dsnb.errors import TableError
from dsnb.tables.conversion import convert


@pytest.mark.parametrize("library", ["foo", "", "paths", "Pandas"])
def test_an_unknown_library_is_refused(library: Any) -> None:
    with pytest.raises(TableError, match="Choose one of pandas, polars, arrow, duckdb, dask"):
        convert(pd.DataFrame({"a": [1]}), library)
