import pytest

from dsnb.errors import BadNameError, DatasetNotFoundError, NotFoundError, VersionNotFoundError
from dsnb.refs import parse
from dsnb.workspace import Workspace
from tests.workbench import register, write


@pytest.fixture
def two(workspace: Workspace) -> Workspace:
    for text in ("1", "2"):
        write("a.txt", text)
        register(workspace, "a.txt", tags={"stage": "raw"}, description=text)
    return workspace


def test_an_alias_points_to_a_version_and_moves(two: Workspace) -> None:
    assert two.set_alias(parse("ds@1"), "prod").done == "alias prod points to it now"
    assert two.resolve("ds@prod").version == 1
    assert two.set_alias(parse("ds"), "prod").done.endswith("(it was @1)")
    assert two.resolve("ds@prod").version == 2
    [latest, first] = two.versions("ds").rows
    assert (latest.aliases, latest.is_latest, first.aliases) == (("prod",), True, ())


def test_an_alias_can_point_where_another_does(two: Workspace) -> None:
    two.set_alias(parse("ds@1"), "prod")
    two.set_alias(parse("ds@prod"), "baseline")
    assert two.versions("ds").rows[1].aliases == ("baseline", "prod")


def test_an_alias_belongs_to_its_dataset(two: Workspace) -> None:
    write("b.txt", "1")
    register(two, "b.txt", name="other")
    two.set_alias(parse("ds@1"), "prod")
    with pytest.raises(VersionNotFoundError):
        two.resolve("other@prod")


def test_an_alias_can_be_taken_away_where_it_points(two: Workspace) -> None:
    two.set_alias(parse("ds@1"), "prod")
    with pytest.raises(NotFoundError, match="prod does not point to ds@2"):
        two.set_alias(parse("ds@2"), "prod", remove=True)
    two.set_alias(parse("ds@1"), "prod", remove=True)
    with pytest.raises(VersionNotFoundError):
        two.resolve("ds@prod")


def test_a_new_version_leaves_aliases_where_they_are(two: Workspace) -> None:
    two.set_alias(parse("ds"), "prod")
    write("a.txt", "3")
    register(two, "a.txt")
    assert two.resolve("ds@prod").version == 2


def test_a_word_that_means_a_version_already_is_no_alias(two: Workspace) -> None:
    before = two.layout.registry.read_bytes()
    for word in ("latest", "3", "v3", "2026-01-01", "a b"):
        with pytest.raises(BadNameError):
            two.set_alias(parse("ds"), word)
    assert two.layout.registry.read_bytes() == before


def test_tags_are_set_changed_and_taken_away_on_one_version(two: Workspace) -> None:
    two.set_tags(parse("ds@1"), {"stage": "clean", "owner": "ada"})
    assert two.resolve("ds@1").tags == {"stage": "clean", "owner": "ada"}
    two.set_tags(parse("ds@1"), {}, ["stage"])
    assert two.resolve("ds@1").tags == {"owner": "ada"}
    assert two.resolve("ds@2").tags == {"stage": "raw"}
    with pytest.raises(NotFoundError, match=r"no tag ownr\. Did you mean owner"):
        two.set_tags(parse("ds@1"), {"new": "1"}, ["ownr"])
    assert two.resolve("ds@1").tags == {"owner": "ada"}


def test_datasets_are_found_by_pattern_part_and_tags(two: Workspace) -> None:
    write("b.txt", "1")
    register(two, "b.txt", name="Weather", tags={"stage": "clean"})

    def found(*asked: object) -> list[str]:
        return [row.version.ref for row in two.datasets(*asked).rows]  # type: ignore[arg-type]

    assert found() == ["Weather@1", "ds@2"]
    assert two.datasets().counts == (1, 2)
    assert found("weath") == found("w*") == ["Weather@1"]
    assert found("w") == ["Weather@1"]
    assert found("[x]") == []
    assert found("", {"stage": "raw"}) == ["ds@2"]
    assert found("", {"stage": "raw", "x": "y"}) == []


def test_a_description_is_replaced(two: Workspace) -> None:
    two.set_description(parse("ds@1"), "first „week“\n")
    assert two.resolve("ds@1").description == "first „week“\n"
    assert two.set_description(parse("ds@1"), "").done == "description taken away"


def test_what_is_changed_beside_the_data_changes_neither_digest_nor_number(two: Workspace) -> None:
    before = two.resolve("ds@2")
    two.set_tags(parse("ds@2"), {"a": "1"})
    two.set_description(parse("ds@2"), "x")
    after = two.resolve("ds@2")
    assert (after.digest, after.id, after.created) == (before.digest, before.id, before.created)
    assert not register(two, "a.txt").created


def test_a_rename_takes_versions_aliases_and_tags_along(two: Workspace) -> None:
    two.set_alias(parse("ds@1"), "prod")
    ids = [row.version.id for row in two.versions("ds").rows]
    change = two.rename("ds", "weather")
    assert (change.version.ref, "weather" in change.done) == ("weather@2", True)
    assert [row.version.id for row in two.versions("weather").rows] == ids
    assert two.resolve("weather@prod").version == 1
    assert two.view().names() == ["weather"]
    assert two.show(two.resolve("weather")).files[0].path == "a.txt"


@pytest.mark.parametrize(
    ("name", "new", "error"),
    [
        ("nothing", "x", DatasetNotFoundError),
        ("ds", "my data", BadNameError),
        ("ds", "ds", BadNameError),
    ],
)
def test_a_rename_that_cannot_be_changes_nothing(
    two: Workspace, name: str, new: str, error: type[Exception]
) -> None:
    before = two.layout.registry.read_bytes()
    with pytest.raises(error):
        two.rename(name, new)
    assert two.layout.registry.read_bytes() == before
