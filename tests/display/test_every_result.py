"""What holds for each form of each result, whatever users have called their things."""

import re
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsnb.presenting import as_html, as_page, as_text
from tests.display.results import every_result

KINDS = [*every_result("text")]
# The text of these is dsnb's own.
OURS = ("help",)
VOID = {"br", "hr", "img", "meta"}
OF_PICTURES = {"role", "aria-label", "width", "height", "viewbox", "d", "style", "x", "y"}
SIMPLE = "weeks 27, 28"
HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</td></tr></table></div>",
    "&lt;b&gt;",
    "two\nlines\r\nand\ttabs",
    "\x1b[31mred\x1b[0m\x07\x00",
    "\u202egnirts\u202c\u2066\u200f",
    "%s {0} $HOME `ls` %ds",
    "größe 温度 🌡 نام‌ها",
    "\ud800 \udcff",
    "",
    " ",
]


class Reader(HTMLParser):
    """Read HTML strictly: what is opened is closed, in order."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def is_visible(char: str) -> bool:
    return char in "\n\u200c\u200d" or char.isprintable()


@pytest.mark.parametrize("kind", KINDS)
def test_its_text_fits_a_terminal(kind: str) -> None:
    lines = as_text(every_result(SIMPLE, 30)[kind]).split("\n")
    assert max(map(len, lines)) <= 80, max(lines, key=len)
    assert not any(line != line.rstrip() for line in lines)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", HOSTILE)
def test_its_html_is_sound_and_escaped(kind: str, text: str) -> None:
    html = as_html(every_result(text)[kind])
    read = Reader(html)
    assert read.tags <= {*Reader(as_html(every_result("x")[kind])).tags, "b", "details", "summary"}
    assert read.attributes <= {"class", "title", "open", *OF_PICTURES}
    assert kind in OURS or all(map(is_visible, html))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_page_is_sound_and_escaped(text: str) -> None:
    page = as_page(every_result(text)["diff"])
    assert Reader(page).tags <= Reader(as_page(every_result("x")["diff"])).tags
    assert Reader(page).attributes.isdisjoint({"src", "href", "onerror"})
    assert all(map(is_visible, page))
    page.encode()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in OURS])
@pytest.mark.parametrize("text", HOSTILE)
def test_its_text_lets_nothing_reach_the_terminal(kind: str, text: str) -> None:
    shown = as_text(every_result(text)[kind])
    assert all(map(is_visible, shown)), ascii(shown)


@settings(max_examples=40, deadline=None)
@given(text=st.text(max_size=60))
def test_any_text_is_shown_safely(text: str) -> None:
    for kind, result in every_result(text).items():
        Reader(as_html(result))
        if kind not in OURS:
            assert all(map(is_visible, as_text(result)))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in OURS])
@pytest.mark.parametrize("text", ["x" * 1_000_000, "&'\"<> " * 200_000])
def test_a_megabyte_of_text_is_cut(kind: str, text: str) -> None:
    result = every_result(text)[kind]
    assert len(as_html(result)) < 300_000
    assert len(as_text(result)) < 30_000


@pytest.mark.parametrize("many", [200, 10_000])
@pytest.mark.parametrize(
    "kind",
    [
        "datasets",
        "versions",
        "details",
        "verification",
        "status",
        "diff",
        "run",
        "runs",
        "run diff",
        "models",
        "lineage",
        "profile",
        "bisection with skips",
        "notebook",
        "rerun",
        "migration",
    ],
)
def test_a_long_list_is_capped_and_says_so(kind: str, many: int) -> None:
    result = every_result(SIMPLE, many)[kind]
    text, html = as_text(result), as_html(result)
    assert len(html) < 300_000
    assert len(text.split("\n")) < 200
    assert re.search(r"and [\d,]+ more", text)
    if kind != "status":
        assert re.search(r"… [\d,]+ more", Reader(html).text)


@pytest.mark.parametrize("kind", KINDS)
def test_it_opens_with_a_sentence(kind: str) -> None:
    result = every_result(SIMPLE)[kind]
    first = as_text(result).split("\n")[0]
    assert unicodedata.category(first[0])[0] in "LNPS"
    assert Reader(as_html(result)).text


@pytest.mark.parametrize("kind", KINDS)
def test_colours_are_the_themes(kind: str) -> None:
    html = as_html(every_result(SIMPLE)[kind])
    # Pictures are painted by the theme as well, and each colour has a stand-in after its comma.
    painted = re.sub(r' style="(fill:none;)?(fill|stroke):var\(--jp-[^"<>]*"', "", html)
    assert not re.search(r"(?<!,)#[0-9a-f]{3,6}\b|style=|rgb\(", painted)


def test_a_state_has_its_own_look() -> None:
    for kind, state in (("verification", "warn"), ("status", "warn"), ("error", "bad")):
        html = as_html(every_result(SIMPLE)[kind])
        assert f'<div class="dsnb {state} ' in html
        assert f".dsnb.{state}{{" in html
