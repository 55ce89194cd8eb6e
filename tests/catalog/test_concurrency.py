"""Many writers and readers at once: no version is lost, no state is seen half-made."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from dsnb.catalog.tinydb import TinyCatalog
from dsnb.errors import RegistryLockedError
from dsnb.refs import parse
from dsnb.workspace import Workspace
from tests.catalog.records import add, catalog_in, some_run
from tests.workbench import register, write

SOURCE = Path(__file__).parents[2]
WRITERS, EACH = 16, 100

REGISTER = """
import sys
from tests.workbench import register, write
from dsnb.workspace import Workspace
workspace = Workspace(".")
for number in range(int(sys.argv[2])):
    path = write(f"{sys.argv[1]}.txt", f"{sys.argv[1]} {number}")
    print(register(workspace, path, name=sys.argv[3]).ref)
"""


def start(*arguments: object) -> subprocess.Popen[str]:
    """Start a Python process."""
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def output_of(processes: Sequence[subprocess.Popen[str]]) -> list[str]:
    """Return the lines that some processes print; each must end well."""
    lines = []
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, "")
        lines += out.splitlines()
    return lines


def test_processes_that_write_at_once_lose_no_version_and_give_no_number_twice() -> None:
    """Half of them share a name, the others have one each."""
    names = ["shared" if who % 2 else f"own{who}" for who in range(WRITERS)]
    printed = output_of([start("-m", "tests.catalog.writers", ".", name, EACH) for name in names])
    assert len(printed) == len({*printed}) == WRITERS * EACH
    view = catalog_in().view()
    for name, writers in Counter(names).items():
        assert view.numbers(name) == list(range(1, writers * EACH + 1))
        found = [view.version(name, number) for number in view.numbers(name)]
        assert len({version.id for version in found if version}) == writers * EACH
    assert catalog_in().check() == []


def test_processes_that_register_files_at_once_lose_no_version(workspace: Workspace) -> None:
    names = ["shared", "shared", "own", "shared"]
    printed = output_of(
        [start("-c", REGISTER, f"file{who}", 12, name) for who, name in enumerate(names)]
    )
    assert len(printed) == len({*printed}) == 4 * 12
    for name, writers in Counter(names).items():
        rows = workspace.versions(name).rows
        assert [row.version.version for row in rows] == list(range(writers * 12, 0, -1))
        assert len({row.version.digest for row in rows}) == writers * 12
        manifests = [workspace._stores.manifest(row.version) for row in rows]
        assert [manifest.count for manifest in manifests] == [1] * writers * 12


def test_threads_that_share_a_catalogue_lose_no_version() -> None:
    catalog, errors = catalog_in(), []

    def work(who: int) -> None:
        try:
            for _ in range(10):
                add(catalog, "shared" if who % 2 else f"own{who}")
        except BaseException as error:
            errors.append(error)

    run_at_once([threading.Thread(target=work, args=(who,)) for who in range(16)])
    assert errors == []
    for view in (catalog.view(), catalog_in().view()):
        assert view.numbers("shared") == list(range(1, 81))
        assert all(view.numbers(f"own{who}") == list(range(1, 11)) for who in range(0, 16, 2))


def run_at_once(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_the_same_content_registered_at_once_is_one_version(workspace: Workspace) -> None:
    write("a.txt", "1")
    barrier = threading.Barrier(4)
    created: list[bool] = []

    def work() -> None:
        barrier.wait()
        created.append(register(Workspace(workspace.root), "a.txt").created)

    run_at_once([threading.Thread(target=work) for _ in range(4)])
    assert sorted(created) == [False, False, False, True]


def test_a_reader_beside_writers_sees_whole_states_that_only_grow() -> None:
    writers = [start("-m", "tests.catalog.writers", ".", "ds", 40) for _ in range(3)]
    seen = []
    while any(writer.poll() is None for writer in writers):
        view = catalog_in().view()
        numbers = view.numbers("ds")
        assert numbers == list(range(1, len(numbers) + 1))
        assert view.next_number("ds") == len(numbers) + 1
        seen.append(len(numbers))
    output_of(writers)
    assert seen == sorted(seen)
    assert len({*seen}) > 3
    assert len(catalog_in().view().numbers("ds")) == 120


# The lock

HOLD = """
import time
from tests.catalog.records import catalog_in, some_version
with catalog_in().transaction() as transaction:
    transaction.add_version(some_version("half", 1))
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder() -> Iterator[subprocess.Popen[str]]:
    """Return a process that holds the registry's lock, in the middle of a transaction."""
    add(catalog_in())
    with start("-c", HOLD) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_killed_writer_keeps_no_lock_and_leaves_nothing_half_done(
    holder: subprocess.Popen[str],
) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    impatient = catalog_in(timeout=2)
    assert add(impatient).version == 2
    assert impatient.view().names() == ["ds"]


def test_a_lock_that_is_kept_is_an_error_after_the_timeout_and_reading_goes_on(
    holder: subprocess.Popen[str],
) -> None:
    impatient = catalog_in(timeout=0.1)
    assert impatient.view().numbers("ds") == [1]
    with pytest.raises(RegistryLockedError, match=r"writing .*registry\.json for 0\.1 s.*Wait"):
        add(impatient)
    impatient.save_run(some_run())  # runs have a file and a lock of their own


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_transaction_that_fails_changes_nothing(error: type[BaseException]) -> None:
    catalog = catalog_in()
    add(catalog)
    before = Path("registry.json").read_bytes()

    def fail() -> None:
        with catalog.transaction() as transaction:
            transaction.set_alias("ds", "prod", 1)
            raise error

    with pytest.raises(error):
        fail()
    assert Path("registry.json").read_bytes() == before
    assert catalog.view().aliases("ds") == {}
    assert add(catalog).version == 2


def test_a_transaction_within_another_is_an_error_at_once() -> None:
    catalog = catalog_in()
    began = time.monotonic()
    for inner in (catalog, catalog_in()):
        with (
            pytest.raises(RegistryLockedError, match=r"this same thread.*End that transaction"),
            catalog.transaction(),
            inner.transaction(),
        ):
            raise AssertionError
    assert time.monotonic() - began < 20  # it did not wait for itself
    assert add(catalog).version == 1


def test_another_thread_waits_for_the_transaction_of_this_one() -> None:
    catalog = catalog_in()
    other = threading.Thread(target=add, args=(catalog,))
    with catalog.transaction() as transaction:
        other.start()
        version = transaction.next_number("ds")
    other.join()
    assert (version, catalog.view().numbers("ds")) == (1, [1])


def test_a_workspace_reads_while_a_registration_holds_the_lock(workspace: Workspace) -> None:
    write("a.txt", "1")
    register(workspace, "a.txt")
    with workspace._catalog.transaction():
        assert workspace.resolve(parse("ds")).version == 1
        assert isinstance(workspace._catalog, TinyCatalog)
