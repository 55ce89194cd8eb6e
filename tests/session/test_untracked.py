"""What cells read and wrote that belongs to no version is told, with what registers it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

import dsnb
from dsnb.provenance.runs import Candidate
from tests.workbench import write

Cell = Callable[[str], object]


@pytest.fixture
def cell(weather: Path) -> Iterator[Cell]:
    """Return what runs a cell of a notebook in a workspace with one dataset."""
    shell = InteractiveShell()

    def run(code: str) -> object:
        return shell.run_cell(code, store_history=True).raise_error()

    run("%load_ext dsnb")
    run('%ds register weather_ds "data/Weather/week 27"')
    run("import pandas as pd")
    yield run
    run("%unload_ext dsnb")


def untracked() -> list[Candidate]:
    return [*dsnb.run().untracked]


def written() -> list[Candidate]:
    return [*dsnb.run().written]


def test_a_data_file_of_no_version_is_an_untracked_input(cell: Cell) -> None:
    write("data/other.csv", "a\n1\n")
    cell("pd.read_csv('data/other.csv')")
    cell("pd.read_csv('data/other.csv')")
    assert untracked() == [
        Candidate("data/other.csv", (4, 5), "register other data/other.csv"),
    ]
    said = str(dsnb.run())
    assert "untracked inputs" in said
    assert "%ds register other data/other.csv" in said


def test_the_command_registers_it_and_then_it_is_told_no_more(cell: Cell) -> None:
    write("data/other file.csv", "a\n1\n")
    cell("pd.read_csv('data/other file.csv')")
    [found] = untracked()
    assert found.command == 'register other_file "data/other file.csv"'
    cell(f"%ds {found.command}")
    assert untracked() == []
    assert dsnb.show("other_file").version.rows == 1


def test_what_a_cell_wrote_is_an_unregistered_output(cell: Cell) -> None:
    cell("pd.DataFrame({'a': [1]}).to_csv('made.csv', index=False)")
    cell("with open('made.bin', 'wb') as file: file.write(b'1')")
    assert [one.path for one in written()] == ["made.csv", "made.bin"]
    cell("%ds register made made.csv")
    assert [one.path for one in written()] == ["made.bin"]
    Path("made.bin").unlink()
    assert written() == []


def test_a_file_of_a_version_that_changed_is_its_next_version(cell: Cell) -> None:
    path = Path("data/Weather/week 27/weather.csv")
    path.write_text("origin,temp\nEWR,1\n", encoding="utf-8")
    cell(f"pd.read_csv({str(path)!r})")
    [found] = untracked()
    assert found.command == 'register weather_ds "data/Weather/week 27"'
    cell(f"%ds {found.command}")
    assert untracked() == []


def test_a_name_that_is_taken_is_made_another(cell: Cell) -> None:
    write("raw/weather_ds.csv", "a\n1\n")
    cell("pd.read_csv('raw/weather_ds.csv')")
    [found] = untracked()
    assert found.command == "register raw_weather_ds raw/weather_ds.csv"


@pytest.mark.parametrize(
    "path", ["notes.md", "helper.py", "settings.toml", ".hidden.csv", ".git/data.csv", "run.log"]
)
def test_code_notes_settings_and_hidden_files_are_neither(cell: Cell, path: str) -> None:
    write(path, "text")
    cell(f"with open({path!r}, 'r+') as file: file.write(file.read())")
    assert untracked() == []
    assert written() == []


def test_what_lies_outside_all_datastores_is_neither(cell: Cell, tmp_path: Path) -> None:
    far = write(tmp_path / "far/a.csv", "a\n1\n")
    cell(f"pd.read_csv({str(far)!r}).to_csv({str(far.parent / 'b.csv')!r})")
    assert untracked() == []
    assert written() == []
    cell(f"%ds datastore add bulk {far.parent}")
    cell(f"pd.read_csv({str(far)!r})")
    assert [one.path for one in untracked()] == [str(far)]


def test_it_is_no_line_in_the_cell(cell: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    write("other.csv", "a\n1\n")
    capsys.readouterr()
    cell("_x = pd.read_csv('other.csv')")
    assert "other" not in capsys.readouterr().out


def test_of_thousands_the_first_are_remembered(cell: Cell) -> None:
    for number in range(300):
        write(f"many/{number}.csv", "a\n1\n")
    cell("for n in range(300):\n    with open(f'many/{n}.csv') as file: file.read()")
    assert len(untracked()) == 200


def test_versions_that_hold_the_same_file_are_all_told(cell: Cell) -> None:
    cell('%ds register weather_ds --add "data/Weather/week 28"')
    cell("pd.read_csv('data/Weather/week 27/weather.csv')")
    run = dsnb.run().run
    assert run is not None
    assert [(use.ref, use.also) for use in run.inputs] == [("weather_ds@2", ("weather_ds@1",))]
    assert "also in weather_ds@1" in str(dsnb.run())


def test_what_a_cell_registers_comes_from_what_it_has_read_before(cell: Cell) -> None:
    cell(
        "frame = pd.read_csv('data/Weather/week 27/weather.csv')\n"
        "frame.head(9).to_csv('head.csv', index=False)\n"
        "%ds register head head.csv\n"
        "_x = pd.read_csv('data/Weather/week 27/weather.csv')"
    )
    found = dsnb.lineage("head")
    assert [(found.versions[one.source].ref, one.cells) for one in found.links] == [
        ("weather_ds@1", (4,))
    ]
    assert written() == []


def test_a_pattern_takes_its_files_in(cell: Cell) -> None:
    write("many/a.csv", "a\n1\n")
    cell('%ds register many "many/*.csv"')
    write("many/b.csv", "a\n1\n")
    write("many/c.txt", "a\n1\n")
    cell("_x = pd.read_csv('many/b.csv'), pd.read_csv('many/c.txt')")
    assert [one.command for one in untracked()] == [
        'register many "many/*.csv"',
        "register c many/c.txt",
    ]


def test_in_another_workspace_reads_are_seen_as_in_the_first(
    cell: Cell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell("_x = pd.read_csv('data/Weather/week 27/weather.csv')")
    cell("_x = 1")
    other = write(tmp_path / "another/a.csv", "a\n1\n").parent
    monkeypatch.chdir(other)
    cell("%reload_ext dsnb")
    cell("%ds register other a.csv")
    cell("_x = pd.read_csv('a.csv')")
    run = dsnb.run().run
    assert run is not None
    assert [(use.ref, use.how) for use in run.inputs] == [("other@1", "trace")]
