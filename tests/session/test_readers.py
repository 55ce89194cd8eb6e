"""Every reader and writer that docs/tracing.md lists is what it says there: traced, or not."""

import importlib
import inspect
import json
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from IPython.core.interactiveshell import InteractiveShell

from dsnb.session.readers import READERS
from dsnb.session.tracing import TRACER, Traced

DOCS = Path(__file__).parents[2] / "docs" / "tracing.md"
ROW = re.compile(r"\| (?P<what>.*?) \| (?P<traced>yes|no) \| (?P<how>.*?) \|")

# What a row is carried out with, and the files that the code reads. Several pieces of code for a
# row are each to be traced.
READING = {
    "`open`": ["open('a.csv').close()", "open(b'a.csv').close()", "open(HERE / 'a.csv').close()"],
    "`pathlib.Path.read_text`": ["HERE.joinpath('a.csv').read_text()"],
    "`os.open`, absolute path": ["os.close(os.open(HERE / 'a.csv', os.O_RDONLY))"],
    "`os.open`, relative path": ["os.close(os.open('a.csv', os.O_RDONLY))"],
    "`gzip`, `zipfile`, `csv`, `pickle`": [
        "import gzip; gzip.open('a.csv.gz').read()",
        "import zipfile; zipfile.ZipFile('a.zip').namelist()",
        "import csv; f = open('a.csv'); list(csv.reader(f)); f.close()",
        "import pickle; f = open('a.pkl', 'rb'); pickle.load(f); f.close()",
    ],
    "`sqlite3.connect`": [
        "import sqlite3; sqlite3.connect('a.db').close()",
        "import sqlite3; sqlite3.connect('file:a.db?mode=ro', uri=True).close()",
    ],
    "`pandas.read_csv`": ["pd.read_csv('a.csv')", "pd.read_csv('a.csv', engine='pyarrow')"],
    "`pandas.read_json`": ["pd.read_json('a.json')"],
    "`pandas.read_excel`": ["pd.read_excel('a.xlsx')"],
    "`pandas.read_pickle`": ["pd.read_pickle('a.pkl')"],
    "`pandas.read_feather`": ["pd.read_feather('a.feather')"],
    "`pandas.read_orc`": ["pd.read_orc('a.orc')"],
    "`pandas.read_parquet`": [
        "pd.read_parquet('a.parquet')",
        "pd.read_parquet(HERE / 'a.parquet')",
    ],
    "`pandas.read_parquet` of a folder": ["pd.read_parquet('many')"],
    "`pandas.read_hdf`": ["pd.read_hdf('t.h5')"],
    "`pandas.read_sql` from SQLite": [
        "import sqlite3; c = sqlite3.connect('a.db'); pd.read_sql('SELECT * FROM t', c); c.close()"
    ],
    "`numpy.load`": ["np.load('a.npy')", "np.load('a.npz')['x']"],
    '`numpy.load(mmap_mode="r")`, `numpy.memmap`': [
        "np.load('a.npy', mmap_mode='r')[0]",
        "np.memmap('a.npy', mode='r')[0]",
    ],
    "`numpy.fromfile`, `numpy.loadtxt`": ["np.fromfile('a.npy')", "np.loadtxt('a.txt')"],
    "`pyarrow.parquet.read_table`": ["pq.read_table('a.parquet')", "pq.read_table(['a.parquet'])"],
    "`pyarrow.parquet.ParquetFile`": ["pq.ParquetFile('a.parquet').close()"],
    "`pyarrow.parquet.ParquetDataset`": ["pq.ParquetDataset('many').read()"],
    "`pyarrow.parquet.read_metadata`, `read_schema`": [
        "pq.read_metadata('a.parquet')",
        "pq.read_schema('a.parquet')",
    ],
    "`pyarrow.csv.read_csv`, `open_csv`": [
        "import pyarrow.csv; pyarrow.csv.read_csv('a.csv')",
        "import pyarrow.csv; pyarrow.csv.open_csv('a.csv').close()",
    ],
    "`pyarrow.json.read_json`": ["import pyarrow.json; pyarrow.json.read_json('a.ndjson')"],
    "`pyarrow.feather.read_table`, `read_feather`": [
        "import pyarrow.feather; pyarrow.feather.read_table('a.feather')",
        "import pyarrow.feather; pyarrow.feather.read_feather('a.feather')",
    ],
    "`pyarrow.orc.read_table`, `ORCFile`": [
        "import pyarrow.orc; pyarrow.orc.read_table('a.orc')",
        "import pyarrow.orc; pyarrow.orc.ORCFile('a.orc').read()",
    ],
    "`pyarrow.dataset.dataset`": [
        "import pyarrow.dataset as ds; ds.dataset('many').to_table()",
        "import pyarrow.dataset as ds; ds.dataset(['a.parquet']).to_table()",
        "import pyarrow.dataset as ds; ds.dataset('file://' + str(HERE / 'a.parquet')).to_table()",
    ],
    "`pyarrow.memory_map`, `pyarrow.input_stream`": [
        "pa.memory_map('a.arrow').close()",
        "pa.input_stream('a.csv').close()",
    ],
    "`pyarrow.ipc.open_file`, `open_stream`": [
        "pa.ipc.open_file('a.arrow').read_all()",
        "pa.ipc.open_stream('a.arrows').read_all()",
    ],
    "`pyarrow.OSFile`": ["pa.OSFile('a.csv').close()"],
    "`pyarrow.fs.LocalFileSystem.open_input_file`": [
        "import pyarrow.fs; pyarrow.fs.LocalFileSystem().open_input_file('a.csv').close()"
    ],
    "`polars.read_csv`, `read_parquet`, `read_ipc`, `read_json`, `read_ndjson`, `read_avro`, "
    "`read_excel`": [
        "pl.read_csv('a.csv')",
        "pl.read_parquet('a.parquet')",
        "pl.read_parquet(['a.parquet'])",
        "pl.read_ipc('a.arrow')",
        "pl.read_json('a.json')",
        "pl.read_ndjson('a.ndjson')",
        "pl.read_avro('a.avro')",
        "pl.read_excel('a.xlsx', engine='openpyxl')",
    ],
    "`polars.scan_csv`, `scan_parquet`, `scan_ipc`, `scan_ndjson`": [
        "pl.scan_csv('a.csv').collect()",
        "pl.scan_csv('a.csv')",
        "pl.scan_parquet(HERE / 'a.parquet').collect()",
        "pl.scan_ipc('a.arrow').collect()",
        "pl.scan_ndjson('a.ndjson').collect()",
    ],
    "`polars`, patterns and folders": [
        "pl.read_parquet('many/*.parquet')",
        "pl.scan_parquet('many')",
    ],
    "`polars.sql` with `read_csv(…)`": ["pl.sql(\"SELECT * FROM read_csv('a.csv')\").collect()"],
    "`duckdb.sql`, `query`, `execute` over `'file.parquet'`": [
        "duckdb.sql(\"FROM 'a.parquet'\").fetchall()",
        "duckdb.query(\"SELECT * FROM 'a.csv' WHERE a > 1\").fetchall()",
        "duckdb.execute(\"SELECT count(*) FROM 'a.parquet'\").fetchall()",
        "duckdb.sql(\"FROM 'many/*.parquet'\").fetchall()",
    ],
    "`duckdb.sql` with `read_csv(…)`, `read_parquet(…)`, `read_json(…)`": [
        "duckdb.sql(\"FROM read_csv('a.csv', delim=',')\").fetchall()",
        "duckdb.sql(\"FROM read_parquet(['many/0.parquet', 'many/1.parquet'])\").fetchall()",
        "duckdb.sql(\"FROM read_json('a.ndjson')\").fetchall()",
        "duckdb.execute('SELECT * FROM read_parquet(?)', ['a.parquet']).fetchall()",
        "duckdb.sql(\"CREATE OR REPLACE TABLE t AS FROM 'a.csv'\")",
    ],
    "`duckdb` connections: `.sql`, `.execute`, `.query`": [
        "duckdb.connect().sql(\"FROM 'a.parquet'\").fetchall()",
        "duckdb.connect().execute(\"FROM 'a.parquet'\").fetchall()",
        "duckdb.connect().query(\"FROM 'a.parquet'\").fetchall()",
        "duckdb.connect().cursor().execute(\"FROM 'a.parquet'\").fetchall()",
    ],
    "`duckdb.read_csv`, `read_parquet`, `read_json`, `from_csv_auto`, `from_parquet`": [
        "duckdb.read_csv('a.csv').fetchall()",
        "duckdb.read_parquet('many/*.parquet').fetchall()",
        "duckdb.read_json('a.ndjson').fetchall()",
        "duckdb.from_csv_auto('a.csv').fetchall()",
        "duckdb.connect().read_csv('a.csv').fetchall()",
        "duckdb.connect().read_parquet('a.parquet').fetchall()",
        "duckdb.connect().from_parquet('a.parquet').fetchall()",
    ],
    "`duckdb.connect(file)`, `ATTACH`": [
        "duckdb.connect('a.duckdb', read_only=True).close()",
        "c = duckdb.connect(); c.execute(\"ATTACH 'a.duckdb' (READ_ONLY)\"); c.close()",
    ],
    "`duckdb`, a view of a file that an earlier cell made": ["VIEWS.execute('FROM v').fetchall()"],
    "`h5py.File`": ["import h5py; h5py.File('h.h5').close()"],
    "`tables.open_file`": ["import tables; tables.open_file('t.h5').close()"],
    "`netCDF4.Dataset`": ["import netCDF4; netCDF4.Dataset('a4.nc').close()"],
    '`xarray.open_dataset(engine="netcdf4")`': [
        "import xarray; xarray.open_dataset('a4.nc', engine='netcdf4').load().close()"
    ],
    '`xarray.open_dataset(engine="h5netcdf")`': [
        "import xarray; xarray.open_dataset('a4.nc', engine='h5netcdf').load().close()"
    ],
    '`xarray.open_dataset(engine="scipy")`': [
        "import xarray; xarray.open_dataset('a3.nc', engine='scipy').load().close()"
    ],
    "`PIL.Image.open`": ["import PIL.Image; PIL.Image.open('a.png').load()"],
    "`fsspec` local files": [
        "import fsspec\nwith fsspec.open('a.csv') as f: f.read()",
        "import fsspec\nwith fsspec.open('file://' + str(HERE / 'a.csv')) as f: f.read()",
    ],
    "`dask.dataframe.read_csv`": ["import dask.dataframe as dd; dd.read_csv('a.csv').compute()"],
    "`dask.dataframe.read_parquet`": [
        "import dask.dataframe as dd; dd.read_parquet('a.parquet').compute()"
    ],
    "`%run script.py`": ["%run read_a_csv.py"],
    "a thread": [
        "import threading; t = threading.Thread(target=pl.read_csv, args=['a.csv']); "
        "t.start(); t.join()",
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(2) as p: list(p.map(pd.read_csv, ['a.csv']))",
    ],
    "`!cmd`, `%%bash`, `subprocess`": [
        "!cat a.csv",
        "%%bash\ncat a.csv",
        "import subprocess; subprocess.run(['cat', 'a.csv'], capture_output=True)",
    ],
    "`multiprocessing`": [
        "import multiprocessing\n"
        "with multiprocessing.get_context('spawn').Pool(1) as p: p.map(pd.read_csv, ['a.csv'])"
    ],
    "a function of Python bound before `%load_ext dsnb`: `from pyarrow.dataset import dataset`": [
        "DATASET('a.parquet').to_table()",
        "READ_TABLE('a.parquet')",
    ],
    "a function of C bound before `%load_ext dsnb`: `from pyarrow.csv import read_csv`": [
        "READ_CSV('a.csv')"
    ],
}
WRITING = {
    '`open("w")`, `pathlib.Path.write_text`': [
        "with open('o.csv', 'w') as f: f.write('a')",
        "HERE.joinpath('o.csv').write_text('a')",
        "with open('o.csv', 'x') as f: f.write('a')",
        "with open('o.csv', 'w+') as f: f.write('a')",
        "with open('o.csv', 'a') as f: f.write('a')",
    ],
    "`os.replace` of a file that the cell wrote": [
        "with open('t.tmp', 'w') as f: f.write('a')\nos.replace('t.tmp', 'o.csv')"
    ],
    "`shutil.copy`": ["import shutil; shutil.copy('a.csv', 'o.csv')"],
    "`pandas.DataFrame.to_csv`, `to_excel`, `to_feather`": [
        "DF.to_csv('o.csv')",
        "DF.to_excel('o.xlsx')",
        "DF.to_feather('o.feather')",
    ],
    "`pandas.DataFrame.to_parquet`": ["DF.to_parquet('o.parquet')"],
    "`pandas.DataFrame.to_parquet(partition_cols=…)`": ["DF.to_parquet('o', partition_cols=['b'])"],
    "`pandas.DataFrame.to_hdf`": ["DF[['a']].to_hdf('o.h5', key='k')"],
    "`numpy.save`": ["np.save('o.npy', np.arange(3))"],
    "`pyarrow.parquet.write_table`": ["pq.write_table(TABLE, 'o.parquet')"],
    "`pyarrow.csv.write_csv`, `pyarrow.feather.write_feather`, `pyarrow.orc.write_table`": [
        "import pyarrow.csv; pyarrow.csv.write_csv(TABLE, 'o.csv')",
        "import pyarrow.feather; pyarrow.feather.write_feather(TABLE, 'o.feather')",
        "import pyarrow.orc; pyarrow.orc.write_table(TABLE, 'o.orc')",
    ],
    "`pyarrow.dataset.write_dataset`": [
        "import pyarrow.dataset as ds; ds.write_dataset(TABLE, 'o', format='parquet')"
    ],
    "`polars.DataFrame.write_csv`, `write_parquet`, `write_ipc`": [
        "pl.DataFrame({'a': [1]}).write_csv('o.csv')",
        "pl.DataFrame({'a': [1]}).write_parquet(HERE / 'o.parquet')",
        "pl.DataFrame({'a': [1]}).write_ipc('o.arrow')",
    ],
    "`polars.LazyFrame.sink_csv`, `sink_parquet`": [
        "pl.LazyFrame({'a': [1]}).sink_csv('o.csv')",
        "pl.LazyFrame({'a': [1]}).sink_parquet('o.parquet')",
    ],
    "`duckdb.sql(\"COPY … TO 'file'\")`": ["duckdb.sql(\"COPY (SELECT 1) TO 'o.parquet'\")"],
    "`duckdb` relations: `.to_parquet`, `.to_csv`": [
        "duckdb.sql('SELECT 1 AS a').to_parquet('o.parquet')",
        "duckdb.sql('SELECT 1 AS a').to_csv('o.csv')",
    ],
    '`h5py.File("w")`, `xarray.Dataset.to_netcdf`': [
        "import h5py; h5py.File('o.h5', 'w').close()",
        "import xarray; xarray.Dataset({'x': ('i', [1])}).to_netcdf('o.nc', engine='netcdf4')",
    ],
    "`sqlite3`": [
        "import sqlite3; c = sqlite3.connect('o.db'); c.execute('CREATE TABLE t(a)'); c.close()"
    ],
    "`PIL.Image.Image.save`": ["import PIL.Image; PIL.Image.new('RGB', (2, 2)).save('o.png')"],
    '`pyarrow.OSFile("wb")`': ["with pa.OSFile('o.csv', 'wb') as f: f.write(b'a')"],
    "`!cmd`, `%%bash`, `subprocess`": ["!echo a > o.csv", "%%bash\necho a > o.csv"],
}
IMPORTS = """
import os, warnings
from pathlib import Path
import duckdb, numpy as np, pandas as pd, polars as pl, pyarrow as pa, pyarrow.parquet as pq
HERE = Path.cwd()
"""


def rows(heading: str) -> dict[str, bool]:
    """Return the rows of a table in the docs, and whether each says that it is traced."""
    section = DOCS.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    return {row["what"]: row["traced"] == "yes" for row in ROW.finditer(section)}


def cases(codes: dict[str, list[str]], heading: str) -> list[Any]:
    said = rows(heading)
    return [
        pytest.param(
            code, said.get(row, True), id=f"{row}: {code}".encode("ascii", "replace").decode()
        )
        for row, all_code in codes.items()
        for code in all_code
    ]


@pytest.mark.parametrize(("codes", "heading"), [(READING, "Reading"), (WRITING, "Writing")])
def test_every_row_of_the_docs_has_its_test_and_every_test_its_row(
    codes: dict[str, list[str]], heading: str
) -> None:
    assert list(rows(heading)) == list(codes)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a small file of every format."""
    folder = tmp_path_factory.mktemp("formats")
    subprocess.run([sys.executable, "-W", "ignore", "-c", MAKING], cwd=folder, check=True)
    return folder


MAKING = """
import gzip, sqlite3, zipfile
from pathlib import Path
import duckdb, h5py, numpy as np, pandas as pd, PIL.Image, polars as pl, pyarrow as pa, xarray
df = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]})
df.to_csv("a.csv", index=False)
Path("read_a_csv.py").write_text("import pandas\\npandas.read_csv('a.csv')\\n")
gzip.open("a.csv.gz", "wb").write(b"a")
with zipfile.ZipFile("a.zip", "w") as f: f.writestr("a", "a")
df.to_json("a.json", orient="records")
df.to_json("a.ndjson", orient="records", lines=True)
df.to_excel("a.xlsx", index=False)
df.to_pickle("a.pkl")
df.to_feather("a.feather")
df.to_orc("a.orc")
df.to_parquet("a.parquet")
Path("many").mkdir()
df.to_parquet("many/0.parquet")
df.to_parquet("many/1.parquet")
df[["a"]].to_hdf("t.h5", key="k")
with h5py.File("h.h5", "w") as f: f["x"] = np.arange(3)
c = sqlite3.connect("a.db"); c.execute("CREATE TABLE t(a)"); c.close()
np.save("a.npy", np.arange(3)); np.savez("a.npz", x=np.arange(3)); np.savetxt("a.txt", np.arange(3))
table = pa.table({"a": [1]})
with pa.OSFile("a.arrow", "wb") as f, pa.ipc.new_file(f, table.schema) as w: w.write_table(table)
with pa.OSFile("a.arrows", "wb") as f, pa.ipc.new_stream(f, table.schema) as w: w.write_table(table)
pl.DataFrame({"a": [1]}).write_avro("a.avro")
duckdb.connect("a.duckdb").execute("CREATE TABLE t AS SELECT 1 AS a")
xarray.Dataset({"x": ("i", [1, 2])}).to_netcdf("a4.nc", engine="netcdf4")
xarray.Dataset({"x": ("i", [1, 2])}).to_netcdf("a3.nc", engine="scipy")
PIL.Image.new("RGB", (2, 2)).save("a.png")
"""


class Notebook:
    """A shell with the extension, and what it traced."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.traced = Traced({}, ())

    def run(self, code: str) -> Traced:
        self.traced = Traced({}, ())
        self.shell.run_cell(code, store_history=True).raise_error()
        return self.traced


@pytest.fixture
def notebook(
    made: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> Iterator[Notebook]:
    """Return a notebook in that folder, which has imported the libraries and then the extension."""
    monkeypatch.chdir(made)
    shell = InteractiveShell()
    notebook = Notebook(shell)
    take = TRACER.take

    def telling() -> Traced:
        notebook.traced = take()
        return notebook.traced

    monkeypatch.setattr(TRACER, "take", telling)
    notebook.run(IMPORTS)
    notebook.run("from pyarrow.dataset import dataset as DATASET")
    notebook.run("from pyarrow.parquet import read_table as READ_TABLE")
    notebook.run("from pyarrow.csv import read_csv as READ_CSV")
    notebook.run("DF = pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']}); TABLE = pa.table({'a': [1]})")
    notebook.run("VIEWS = duckdb.connect(); _ = VIEWS.execute(\"CREATE VIEW v AS FROM 'a.csv'\")")
    notebook.run("%load_ext dsnb")
    yield notebook
    notebook.run("%unload_ext dsnb")
    for left in made.glob("o*"):
        subprocess.run(["rm", "-r", left], check=True)


def files(code: str) -> set[str]:
    """Return the files that a piece of code names, or reads without naming them."""
    named = set(re.findall(r"(?:a\d?\.[a-z]+(?:\.gz)?|[ht]\.h5|many)(?=['\"/? \n]|$)", code))
    if "FROM v" in code or "%run" in code:
        named = {"a.csv"}
    assert named
    return named - {"many"} | ({"many/0.parquet", "many/1.parquet"} if "many" in named else set())


def here(paths: Iterable[str]) -> set[str]:
    """Return those of some files that lie below the current folder."""
    return {
        os.path.relpath(path) for path in paths if path.startswith(os.path.join(os.getcwd(), ""))
    }


@pytest.mark.parametrize(("code", "traced"), cases(READING, "Reading"))
def test_a_reader_is_traced_as_the_docs_say(notebook: Notebook, code: str, traced: bool) -> None:
    found = notebook.run(code).reads
    assert here(found) == (files(code) if traced else set())
    for path, state in found.items():
        if os.path.exists(path):
            stat = os.stat(path)
            assert state == (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)


FRESH = """
import json, os, sys, warnings
from IPython.core.interactiveshell import InteractiveShell
from dsnb.session.tracing import TRACER
warnings.simplefilter("ignore")
imports, codes = json.load(sys.stdin)
shell = InteractiveShell()
seen = []
take = TRACER.take
TRACER.take = lambda: seen.append(take()) or seen[-1]
run = lambda code: shell.run_cell(code, store_history=True).raise_error()
run("%load_ext dsnb")
heavy = [name for name in ("pandas", "pyarrow", "duckdb", "polars") if name in sys.modules]
run(imports)
answers = []
for code in codes:
    run(code)
    answers.append(list(seen[-1].reads))
with open("o.json", "w") as file:
    json.dump([heavy, answers], file)
"""


def test_libraries_that_are_imported_later_are_traced_just_the_same(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(made)
    said = rows("Reading")
    codes = [
        code
        for row, pieces in READING.items()
        for code in pieces
        if said[row] and not row.startswith("a function")
    ]
    process = subprocess.run(
        [sys.executable, "-c", FRESH],
        input=json.dumps([IMPORTS, codes]),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert process.returncode == 0, process.stderr
    heavy, answers = json.loads(Path("o.json").read_text(encoding="utf-8"))
    Path("o.json").unlink()
    assert heavy == []  # loading the extension imports no library
    for code, paths in zip(codes, answers, strict=True):
        assert here(paths) == files(code), code


@pytest.mark.parametrize(("code", "traced"), cases(WRITING, "Writing"))
def test_a_writer_is_traced_as_the_docs_say(notebook: Notebook, code: str, traced: bool) -> None:
    found = here(notebook.run(code).writes)
    made = {str(p) for p in Path().rglob("*") if p.is_file() and p.parts[0].startswith("o")}
    assert made
    assert found == (made if traced else set())


# What stays as it was


PYTHON = ["pandas.read_parquet", "pyarrow.parquet.read_metadata", "pyarrow.dataset.dataset"]
PYTHON += ["polars.scan_parquet", "polars.read_csv", "duckdb.read_parquet", "duckdb.sql"]
IN_C = ["pyarrow.csv.read_csv", "pyarrow.memory_map", "pyarrow.json.read_json", "duckdb.connect"]


def find(name: str) -> Any:
    module, _, last = name.rpartition(".")
    return getattr(importlib.import_module(module), last)


def described(function: Any) -> tuple[Any, ...]:
    try:
        signature: Any = inspect.signature(function)
    except ValueError:
        signature = None  # of some functions in C nobody knows
    return signature, function.__doc__, function.__name__


@pytest.mark.parametrize("name", PYTHON)
def test_a_function_of_python_stays_the_object_that_it_is(name: str) -> None:
    function = find(name)
    inner = inspect.unwrap(function)
    module, told = function.__module__, described(function)
    source, code = inspect.getsource(function), inner.__code__
    READERS.install()
    try:
        assert find(name) is function
        assert inner.__code__ is not code
        assert (function.__module__, described(function)) == (module, told)
        assert inspect.getsource(function) == source
        assert pickle.loads(pickle.dumps(function)) is function
    finally:
        READERS.remove()
    assert inner.__code__ is code
    assert inspect.unwrap(function) is inner


@pytest.mark.parametrize("name", IN_C)
def test_a_function_of_c_is_called_by_one_that_looks_like_it(name: str) -> None:
    before = find(name)
    told = described(before)
    READERS.install()
    try:
        assert find(name) is not before
        assert described(find(name)) == told
        assert pickle.loads(pickle.dumps(find(name))) is find(name)
        if name != "duckdb.connect":  # which never could be pickled
            assert pickle.loads(pickle.dumps(before)) is before
    finally:
        READERS.remove()
    assert find(name) is before


def test_what_somebody_else_put_on_top_stays_and_tells_nothing_any_more(
    notebook: Notebook,
) -> None:
    import pyarrow.csv

    ours = pyarrow.csv.read_csv
    pyarrow.csv.read_csv = lambda *args: ours(*args)
    theirs = pyarrow.csv.read_csv
    try:
        assert here(notebook.run("import pyarrow.csv; pyarrow.csv.read_csv('a.csv')").reads)
        notebook.run("%unload_ext dsnb")
        assert pyarrow.csv.read_csv is theirs
        assert theirs("a.csv").num_rows == 3
        assert TRACER.take() == ({}, ())
    finally:
        pyarrow.csv.read_csv = ours.__wrapped__
    notebook.run("%load_ext dsnb")


def test_instances_of_diverted_classes_are_of_the_same_class(notebook: Notebook) -> None:
    notebook.run("c = duckdb.connect(); same = type(c) is duckdb.DuckDBPyConnection")
    assert notebook.shell.user_ns["same"]
    notebook.run("c.close()")


def test_errors_are_those_of_the_library(notebook: Notebook) -> None:
    for code in ("pl.read_parquet('none')", "pq.ParquetFile('none')", "pl.read_csv()"):
        with pytest.raises((OSError, TypeError)) as traced:
            notebook.run(code)
        READERS.remove()
        with pytest.raises(type(traced.value)) as plain:
            notebook.run(code)
        READERS.install()
        assert str(traced.value) == str(plain.value)


def test_no_file_is_kept_open(notebook: Notebook) -> None:
    for code in (
        "pl.read_csv('a.csv')",
        "duckdb.sql(\"FROM 'a.csv'\").fetchall()",
        "open('a.csv').close()",
    ):
        notebook.run(code + "; None")
        assert "a.csv" not in {Path(file.path).name for file in psutil.Process().open_files()}


def test_a_file_of_another_file_system_is_none_of_ours(notebook: Notebook) -> None:
    notebook.run(
        "import fsspec, pyarrow.dataset as ds\n"
        "memory = fsspec.filesystem('memory')\n"
        "with memory.open('/a.parquet', 'wb') as f: pq.write_table(TABLE, f)"
    )
    # There is a file of the same name in the current folder.
    assert not here(notebook.run("ds.dataset('a.parquet', filesystem=memory)").reads)
    assert not here(notebook.run("pq.read_table('a.parquet', filesystem=memory)").reads)
