"""The files of a run: what its script wrote and uploaded, and nothing else."""

import os
import shutil
from pathlib import Path

import pytest

from dsnb.azureml.core import Experiment, Run, Workspace
from dsnb.azureml.exceptions import UserErrorException
from tests.azureml.labour import done, submit
from tests.workbench import write

WRITING = """
import os
os.makedirs("outputs/deep"); os.makedirs("logs"); os.makedirs("scratch")
open("outputs/model.bin", "w").write("weights"); open("outputs/deep/a.txt", "w").write("a")
open("logs/train.log", "w").write("log"); open("scratch/x", "w").write("x")
os.symlink("model.bin", "outputs/latest.bin")
print("said")
"""
NAMES = [
    *("logs/train.log", "outputs/deep/a.txt", "outputs/latest.bin", "outputs/model.bin"),
    "user_logs/std_log.txt",
]


@pytest.fixture
def run(ws: Workspace) -> Run:
    return done(submit(ws, WRITING))


def below(folder: str) -> list[str]:
    found = (path for path in Path(folder).rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)


def test_what_lies_in_outputs_and_logs_belongs_to_the_run(run: Run) -> None:
    assert run.get_file_names() == NAMES
    run.download_file("outputs/deep/a.txt", "got/")
    run.download_file("outputs/model.bin", "renamed.bin")
    run.download_file("user_logs/std_log.txt")
    assert Path("got/a.txt").read_text(encoding="utf-8") == "a"
    assert Path("renamed.bin").read_text(encoding="utf-8") == "weights"
    assert Path("std_log.txt").read_text(encoding="utf-8") == "said\n"


def test_files_are_copied_by_the_beginning_of_their_names(run: Run) -> None:
    run.download_files("outputs/", "kept")
    assert below("kept") == [name for name in NAMES if name.startswith("outputs/")]
    run.download_files("outputs/", "cut", append_prefix=False)
    assert below("cut") == ["deep/a.txt", "latest.bin", "model.bin"]
    run.download_files("logs", output_paths=["one.log"])
    assert Path("one.log").read_text(encoding="utf-8") == "log"
    with pytest.raises(UserErrorException, match="There are 1 such files, and 2 output_paths"):
        run.download_files("logs", output_paths=["a", "b"])


def test_files_are_uploaded_once(ws: Workspace) -> None:
    run = Experiment(ws, "e").start_logging()
    write("plot.txt", "plot")
    write("plots/deep/b.txt", "b")
    run.upload_file("plot.txt", "plot.txt")
    run.upload_folder("plots", "plots")
    assert run.get_file_names() == ["plot.txt", "plots/deep/b.txt"]
    for name, path in (("plot.txt", "plot.txt"), ("new.txt", "nowhere"), ("x", "plots")):
        with pytest.raises(UserErrorException, match="Nothing was uploaded"):
            run.upload_file(name, path)
    with pytest.raises(UserErrorException, match="Nothing was uploaded"):
        run.upload_folder("more", "nowhere")
    assert len(run.get_file_names()) == 2


@pytest.mark.parametrize(
    "name", ["", "/etc/passwd", "../log.txt", "a/../../x", "..\\x", "outputs/../../x"]
)
def test_a_name_never_leads_out_of_the_run(run: Run, name: str) -> None:
    write("plot.txt", "plot")
    for refused in (
        lambda: run.download_file(name, "got"),
        lambda: run.upload_file(name, "plot.txt"),
        lambda: run.register_model("m", name or "/"),
    ):
        with pytest.raises(UserErrorException):
            refused()


def test_a_file_that_a_run_has_not_is_missed_by_name(run: Run) -> None:
    with pytest.raises(UserErrorException, match=r"has no file x\.bin\. It has logs/train\.log"):
        run.download_file("x.bin")


def test_links_and_devices_that_lie_in_a_strangers_run_are_no_files_of_it(run: Run) -> None:
    folder = run._local.layout.run(run.id)
    write("secret.txt", "secret")
    secret = os.path.abspath("secret.txt")
    os.symlink(secret, folder / "code/outputs/secret.txt")
    os.symlink(os.path.dirname(secret), folder / "code/outputs/all")
    os.symlink("/dev/zero", folder / "code/logs/zero")
    os.mkfifo(folder / "code/logs/pipe")
    (folder / "files").mkdir()
    os.symlink(secret, folder / "files/up.txt")
    (folder / "log.txt").unlink()
    os.symlink(secret, folder / "log.txt")
    assert run.get_file_names() == NAMES[:-1]
    for name in (
        "outputs/secret.txt",
        "outputs/all/secret.txt",
        "logs/zero",
        "logs/pipe",
        "up.txt",
    ):
        with pytest.raises(UserErrorException, match="has no file"):
            run.download_file(name, "got")
    assert "secret" not in str(run.get_details_with_logs())
    assert "".join(run.wait_for_completion(show_output=True)["logFiles"]) == ""


def test_a_runs_folder_that_is_a_link_is_not_followed(run: Run) -> None:
    folder = run._local.layout.run(run.id)
    shutil.rmtree(folder)
    write("elsewhere/code/outputs/a.txt", "a")
    os.symlink(os.path.abspath("elsewhere"), folder)
    assert run.get_file_names() == []
    with pytest.raises(UserErrorException, match="has no file"):
        run.download_file("outputs/a.txt", "got")
