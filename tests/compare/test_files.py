from dsnb.compare.files import compare_files
from dsnb.compare.result import FilesDiff
from dsnb.records import FileGroup, Manifest


def manifest(*files: tuple[str, int, str], datastore: str = "default") -> Manifest:
    names, sizes, hashes = zip(*files, strict=True) if files else ((), (), ())
    return Manifest((FileGroup(datastore, "data", names, sizes, hashes),))


WEEK_27 = ("week 27.csv", 40, "aa")
WEEK_28 = ("week 28.csv", 41, "bb")


def test_the_same_files_do_not_differ() -> None:
    diff = compare_files(manifest(WEEK_27, WEEK_28), manifest(WEEK_28, WEEK_27))
    assert diff == FilesDiff(unchanged=2)
    assert not diff


def test_files_on_one_side_only_are_added_or_removed() -> None:
    diff = compare_files(manifest(WEEK_27), manifest(WEEK_28))
    assert [entry.path for entry in diff.added] == ["data/week 28.csv"]
    assert [entry.path for entry in diff.removed] == ["data/week 27.csv"]
    assert not diff.moved
    assert diff


def test_a_file_whose_hash_differs_is_changed_even_at_the_same_size() -> None:
    (pair,) = compare_files(manifest(WEEK_27), manifest(("week 27.csv", 40, "ff"))).changed
    assert (pair.before.hash, pair.after.hash) == ("aa", "ff")


def test_a_file_of_the_same_path_in_another_datastore_has_moved() -> None:
    diff = compare_files(manifest(WEEK_27), manifest(WEEK_27, datastore="lake"))
    (pair,) = diff.moved
    assert (pair.before.datastore, pair.after.datastore) == ("default", "lake")
    assert diff
    assert diff.unchanged == 0


def test_a_moved_file_is_neither_added_nor_removed() -> None:
    diff = compare_files(manifest(WEEK_27, WEEK_28), manifest(("w28.csv", 41, "bb"), WEEK_27))
    assert [(pair.before.path, pair.after.path) for pair in diff.moved] == [
        ("data/week 28.csv", "data/w28.csv")
    ]
    assert (diff.added, diff.removed, diff.unchanged) == ((), (), 1)


def test_a_move_that_could_mean_several_files_is_not_guessed() -> None:
    diff = compare_files(manifest(WEEK_27), manifest(("a.csv", 40, "aa"), ("b.csv", 40, "aa")))
    assert (len(diff.added), len(diff.removed), diff.moved) == (2, 1, ())


def test_a_copy_beside_the_original_is_added_not_moved() -> None:
    diff = compare_files(manifest(WEEK_27), manifest(WEEK_27, ("copy.csv", 40, "aa")))
    assert [entry.path for entry in diff.added] == ["data/copy.csv"]
    assert (diff.moved, diff.unchanged) == ((), 1)


def test_a_file_that_is_listed_twice_counts_twice() -> None:
    twice = Manifest((*manifest(WEEK_27).groups, *manifest(WEEK_27).groups))
    diff = compare_files(manifest(WEEK_27), twice)
    assert [entry.path for entry in diff.added] == ["data/week 27.csv"]
    assert diff.unchanged == 1


def test_empty_manifests_do_not_differ() -> None:
    assert compare_files(Manifest(()), Manifest(())) == FilesDiff()
