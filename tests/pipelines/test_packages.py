"""What this interpreter has, asked in the words of pip and of conda."""

import importlib.metadata
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnb.pipelines.packages import anchored, as_requirement, is_installed, named_file

HERE = importlib.metadata.version("packaging")
NUMBERS = st.lists(st.integers(0, 30), min_size=1, max_size=3).map(
    lambda parts: ".".join(map(str, parts))
)


@given(NUMBERS)
def test_a_version_is_compared_by_its_numbers(version: str) -> None:
    def parts(text: str) -> list[int]:
        found = [int(part) for part in re.findall(r"\d+", text)]
        return [*found, 0, 0, 0][:3]

    assert is_installed(f"packaging>={version}") == (parts(HERE) >= parts(version))
    assert is_installed(f"packaging<{version}") == (parts(HERE) < parts(version))


@pytest.mark.parametrize(
    "requirement",
    [
        "no-such-package",
        "packaging<1",
        "packaging @ https://example.org/packaging.whl",
        "./packaging",
        "-r more.txt",
        "dask[no-such-package]; python_version >= '4'x",
        "",
    ],
)
def test_what_is_not_there_is_not_there(requirement: str) -> None:
    assert not is_installed(requirement)


@pytest.mark.parametrize(
    "requirement",
    [
        "Packaging",
        f"packaging=={HERE}",
        "packaging>=1  # as it is",
        "packaging>=1 --hash=sha256:00",
        "no-such-package; python_version < '3'",
        "dask[dataframe]",
    ],
)
def test_what_is_there_is_there(requirement: str) -> None:
    assert is_installed(requirement)


def test_an_extra_is_there_when_what_it_brings_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "gust-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: gust\nVersion: 1.0\nProvides-Extra: plots\n"
        "Provides-Extra: reading\nProvides-Extra: all\n"
        "Requires-Dist: no-such-package; extra == 'plots'\n"
        "Requires-Dist: packaging>=1; extra == 'reading'\n"
        "Requires-Dist: gust[plots,all]; extra == 'all'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert is_installed("gust")
    assert is_installed("gust[reading]")
    assert not is_installed("gust[plots]")
    assert not is_installed("gust[all]")


@pytest.mark.parametrize(
    ("conda", "pip"),
    [
        ("scipy", "scipy"),
        ("scipy=1.9", "scipy==1.9.*"),
        ("scipy=1.9.*", "scipy==1.9.*"),
        ("scipy==1.9.3", "scipy==1.9.3"),
        ("scipy 1.9.3", "scipy==1.9.3"),
        ("scipy=*", "scipy"),
        ("scipy=1.9.3=py310_0", "scipy==1.9.3.*"),
        ("conda-forge::scikit-learn >=1.2", "scikit-learn>=1.2"),
        ("scipy 1.9|1.10", ""),
        ("scipy[build=mkl]", ""),
        ("", ""),
    ],
)
def test_a_package_of_condas_has_the_same_meaning(conda: str, pip: str) -> None:
    assert as_requirement(conda) == pip


def test_a_line_names_the_same_file_from_anywhere(tmp_path: Path) -> None:
    folder = tmp_path / "pro ject"
    (folder / "pkg").mkdir(parents=True)
    for line, whole in {
        "-r more.txt": f"-r '{folder}/more.txt'",
        "--constraint=more.txt": f"--constraint '{folder}/more.txt'",
        "-e ./pkg[plots]": f"-e '{folder}/pkg[plots]'",
        "-e .": f"-e '{folder}'",
        "./pkg; python_version>'3'": f"{folder}/pkg; python_version>'3'",
    }.items():
        assert anchored(line, str(folder)) == whole
        assert anchored(whole, "/elsewhere") == whole
    for line in ("pkg", "./none", "-r https://example.org/more.txt", "numpy>=1", "# pkg", "it's"):
        assert anchored(line, str(folder)) == line


@given(st.text(max_size=30))
def test_no_line_is_too_strange(line: str) -> None:
    option, path = named_file(line)
    assert isinstance(option + path, str)
    assert isinstance(is_installed(line), bool)
    assert isinstance(as_requirement(line), str)
    assert isinstance(anchored(line, "/"), str)
