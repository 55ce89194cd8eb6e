"""Reuse: what would do the same is not carried out again, and nothing else is left out."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dsnb.errors import PipelineError
from dsnb.pipelines.reuse import identity_of
from dsnb.pipelines.steps import Input, Output, Registering, Step, Told
from dsnb.records import Version
from dsnb.refs import parse
from dsnb.workspace import Workspace
from tests.pipelines.labour import carry_out, parts, said, step
from tests.workbench import register, write

CODE = "import os, shutil; shutil.copy(os.environ['given'] + '/a.txt', os.environ['out'])"


@pytest.fixture
def given(workspace: Workspace) -> Version:
    write("data/a.txt", "a")
    return register(workspace, "data", kind="file", name="given_ds").version


def copying(given: Version | Output, code: str = CODE, **asked: object) -> Step:
    settings: dict[str, object] = {
        "inputs": (Input(name="given", source=given, mechanism="mount"),),
        "outputs": (Output(name="out", registering=Registering(name="out_ds")),),
        "reuse": True,
        **asked,
    }
    return step("copying", code, *settings.pop("arguments", ()), **settings)  # type: ignore[misc]


def reused(workspace: Workspace, *steps: Step, **asked: object) -> list[str]:
    """Carry steps out; return the names of those that an earlier run had done."""
    run = carry_out(workspace, *steps, **asked)
    found = parts(workspace, run)
    assert all(one.ended and not one.failure for one in found.values()), said(workspace, run)
    return [name for name, one in found.items() if one.job and one.job.reused]


def test_the_same_is_done_once_and_that_is_said(workspace: Workspace, given: Version) -> None:
    first = carry_out(workspace, copying(given))
    again = carry_out(workspace, copying(given))
    before, after = parts(workspace, first)["copying"], parts(workspace, again)["copying"]
    assert before.job is not None
    assert after.job is not None
    assert (before.job.reused, after.job.reused, after.job.exit_code) == (None, before.id, 0)
    assert [use.id for use in after.outputs] == [use.id for use in before.outputs]
    assert [use.ref for use in after.inputs] == ["given_ds@1"]
    text = said(workspace, again)
    assert f"not carried out again: code, arguments and inputs are those of run {before.id}" in text
    assert "out_ds@1" in text
    assert list(workspace.view().numbers("out_ds")) == [1]


def test_another_process_reuses_too(workspace: Workspace, given: Version) -> None:
    carry_out(workspace, copying(given))
    other = Workspace.find()
    assert reused(other, copying(given)) == ["copying"]


def test_what_reads_a_reused_output_is_reused_too(workspace: Workspace, given: Version) -> None:
    def steps() -> tuple[Step, ...]:
        made = Output(name="out")
        last = Output(name="out", registering=Registering(name="last_ds"))
        again = Input(name="given", source=made, mechanism="mount")
        one = copying(given, outputs=(made,))
        return one, replace(one, name="next", inputs=(again,), outputs=(last,))

    assert reused(workspace, *steps()) == []
    assert reused(workspace, *steps()) == ["copying", "next"]


def test_a_step_that_is_not_to_be_reused_is_carried_out(
    workspace: Workspace, given: Version
) -> None:
    carry_out(workspace, copying(given))
    assert reused(workspace, copying(given, reuse=False)) == []
    assert reused(workspace, copying(given), anew=True) == []
    assert [*workspace.view().numbers("out_ds")] == [1, 2, 3]


def test_an_input_overwritten_with_the_same_is_the_same(
    workspace: Workspace, given: Version
) -> None:
    carry_out(workspace, copying(given))
    os.remove("data/a.txt")
    write("data/a.txt", "a")
    write("elsewhere/a.txt", "a")
    assert reused(workspace, copying(given)) == ["copying"]
    moved = register(workspace, "elsewhere", kind="file", name="given_ds").version
    assert reused(workspace, copying(moved)) == ["copying"]


def test_a_version_of_other_content_is_another_input(workspace: Workspace, given: Version) -> None:
    carry_out(workspace, copying(given))
    write("data/a.txt", "b")
    new = register(workspace, "data", kind="file", name="given_ds").version
    assert reused(workspace, copying(new)) == []


CHANGES: dict[str, Callable[[Step], Step]] = {
    "a file of the code": lambda one: write(one.source / "tool.py", "new") and one,
    "an argument": lambda one: replace(one, arguments=("x",)),
    "what an argument tells": lambda one: replace(
        one, arguments=(Told(name="given", what="input"),)
    ),
    "a variable": lambda one: replace(one, variables={"A": "1"}),
    "the script": lambda one: write(one.source / "x.py", CODE) and replace(one, script="x.py"),
    "the interpreter": lambda one: replace(one, interpreter=os.path.realpath(sys.executable)),
    "how an input is had": lambda one: replace(
        one, inputs=tuple(replace(each, mechanism="download") for each in one.inputs)
    ),
    "where an input is had": lambda one: replace(
        one, inputs=tuple(replace(each, folder="here") for each in one.inputs)
    ),
    "where an output goes": lambda one: with_output(one, place=("default", "outs")),
    "what an output becomes": lambda one: with_output(one, registering=Registering(name="x_ds")),
    "which files are taken": lambda one: with_output(one, upload=True, globs=("*.txt",)),
    "how an output is written": lambda one: with_output(one, upload=True),
}


def with_output(one: Step, **changes: object) -> Step:
    return replace(one, outputs=tuple(replace(each, **changes) for each in one.outputs))  # type: ignore[arg-type]


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_settles_what_a_step_makes_makes_another_step(
    workspace: Workspace, given: Version, change: str
) -> None:
    def identity(one: Step) -> str:
        from dsnb.pipelines.code import find_code

        return identity_of(one, find_code(one.source).identity, {"given": given})

    before = copying(given)
    known = identity(before)
    assert identity(copying(given)) == known
    assert identity(CHANGES[change](copying(given))) != known


def test_the_name_of_a_step_and_what_is_only_recorded_make_no_other(
    workspace: Workspace, given: Version
) -> None:
    carry_out(workspace, copying(given))
    other = replace(copying(given), name="renamed", settings={"compute_target": "x"})
    assert reused(workspace, other) == ["renamed"]


def test_a_run_that_failed_is_not_reused(workspace: Workspace, given: Version) -> None:
    code = (
        f"import os, sys\nif os.path.exists({str(Path('fail').absolute())!r}): sys.exit(1)\n{CODE}"
    )
    write("fail", "")
    carry_out(workspace, copying(given, code))
    os.remove("fail")
    assert reused(workspace, copying(given, code)) == []
    assert reused(workspace, copying(given, code)) == ["copying"]


@pytest.mark.parametrize("damage", ["changed", "removed", "deleted"])
def test_outputs_that_are_no_more_what_was_made_are_made_again(
    workspace: Workspace, given: Version, damage: str
) -> None:
    workspace.set_setting("snapshot", "never")
    carry_out(workspace, copying(given))
    [file] = workspace.layout.data.rglob("a.txt")
    if damage == "changed":
        write(file, "b")
    elif damage == "removed":
        file.unlink()
    else:
        workspace.delete([parse("out_ds@1")])
    assert reused(workspace, copying(given)) == []
    assert workspace.verify([workspace.resolve("out_ds")])


ASKING = """
import os, shutil
from dsnb.azureml.core import Dataset, Run
found = {find}
shutil.copy(os.environ['given'] + '/a.txt', os.environ['out'])
"""
BY_NAME = "Dataset.get_by_name(Run.get_context().experiment.workspace, 'other_ds')"
BY_PATH = f"""Dataset.Tabular.from_delimited_files(({
    "Run.get_context().experiment.workspace.get_default_datastore()"
}, 'table')).to_pandas_dataframe()"""


def test_what_code_asks_for_by_itself_must_still_be_the_newest(
    workspace: Workspace, given: Version
) -> None:
    code = ASKING.format(find=BY_NAME)
    write("other/b.txt", "b")
    register(workspace, "other", kind="file", name="other_ds")
    assert reused(workspace, copying(given, code)) == []
    assert reused(workspace, copying(given, code)) == ["copying"]
    write("other/c.txt", "c")
    register(workspace, "other", kind="file", name="other_ds")
    assert reused(workspace, copying(given, code)) == []
    assert reused(workspace, copying(given, code)) == ["copying"]
    workspace.delete([parse("other_ds@2")], force=True)
    # The newest is the first again, and so an even earlier run did the same.
    run = parts(workspace, carry_out(workspace, copying(given, code)))["copying"]
    assert [use.ref for use in run.outputs] == ["out_ds@1"]


def test_what_code_reads_without_a_name_must_still_hold_the_same(
    workspace: Workspace, given: Version
) -> None:
    workspace.set_setting("snapshot", "never")
    code = ASKING.format(find=BY_PATH)
    write("table/t.csv", "x\n1\n")
    assert reused(workspace, copying(given, code)) == []
    write("elsewhere/t.csv", "x\n2\n")
    workspace.save(["elsewhere"], request())  # something else without a name comes between
    assert reused(workspace, copying(given, code)) == ["copying"]
    write("table/t.csv", "x\n9\n")
    assert reused(workspace, copying(given, code)) == []


def request() -> object:
    from dsnb.datasets.registration import Request
    from dsnb.refs import ANONYMOUS

    return Request(name=ANONYMOUS)


def test_what_code_registered_by_itself_must_still_be_there(
    workspace: Workspace, given: Version
) -> None:
    code = ASKING.format(
        find="Dataset.File.from_files(os.environ['given'] + '/a.txt')"
        ".register(Run.get_context().experiment.workspace, 'side_ds')"
    )
    assert reused(workspace, copying(given, code)) == []
    workspace.delete([parse("side_ds@1")], force=True)
    run = carry_out(workspace, copying(given, code))
    assert "not carried out again" not in said(workspace, run)


def test_a_step_without_outputs_is_reused_too(workspace: Workspace) -> None:
    one = step("only", "print('done')", reuse=True)
    assert reused(workspace, one) == []
    assert reused(workspace, one) == ["only"]


def test_a_step_that_cannot_be_reused_and_not_be_made_says_so(workspace: Workspace) -> None:
    with pytest.raises(PipelineError, match="no folder"):
        carry_out(workspace, Step(name="x", source=Path("no"), interpreter="python", reuse=True))
