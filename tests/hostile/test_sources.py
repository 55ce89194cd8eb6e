"""The front ends make elements, never markup out of texts."""

import re
from pathlib import Path

import pytest

import dsnb

PACKAGE = Path(dsnb.__file__).parent
FRONT = [
    *(PACKAGE / "widgets" / "static").glob("*.js"),
    *(PACKAGE.parent / "labextension" / "src").rglob("*.ts*"),
]
MARKUP = re.compile(
    r"\b(innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|srcdoc|document\.write"
    r"|createContextualFragment|eval|Function)\s*[=({]|\bhref\s*=|javascript:"
)


@pytest.mark.parametrize("path", FRONT, ids=lambda path: path.name)
def test_no_text_becomes_markup_or_a_link(path: Path) -> None:
    assert MARKUP.findall(path.read_text(encoding="utf-8")) == []


def test_the_front_ends_are_there() -> None:
    assert len(FRONT) > 20
