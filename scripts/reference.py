"""Write the README's verb reference anew, from the declarations of the verbs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from dsnb.commands.declaring import Argument, Verb
from dsnb.commands.verbs import VERBS
from dsnb.settings import SETTINGS

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN = "<!-- reference: begin (written by `make reference`) -->"
END = "<!-- reference: end -->"


def reference() -> str:
    """Return the reference of all verbs and settings, as Markdown."""
    parts = []
    for verb in VERBS.values():
        parts.append(_verb(verb, verb.name))
        parts += [_verb(each, f"{verb.name} {name}") for name, each in verb.verbs.items()]
    settings = "\n".join(
        f"| `{setting.key}` | `{setting.default!r}` | {setting.help} |"
        for setting in SETTINGS.values()
    )
    table = f"| setting | default | what it is |\n|---|---|---|\n{settings}"
    return "\n\n".join([*parts, f"### Settings\n\n{table}"])


def with_reference(text: str) -> str:
    """Return the README's text with the reference between its marks written anew."""
    pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
    return re.sub(
        pattern, lambda _: f"{BEGIN}\n\n{reference()}\n\n{END}", text, count=1, flags=re.DOTALL
    )


def _verb(verb: Verb[..., Any], name: str) -> str:
    arguments = sorted(verb.arguments, key=lambda argument: argument.arg.form == "code")
    usage = " ".join([f"{'%%ds' if verb.cell else '%ds'} {name}", *map(_form, arguments)])
    lines = [f"### `{name}`", "", f"{verb.help.summary} {verb.help.details}".strip()]
    lines += ["", f"`{usage}`", ""]
    for argument in verb.arguments:
        shown = argument.flag or argument.arg.metavar
        if argument.arg.short:
            shown = f"{argument.arg.short}, {shown}"
        only = " (in a notebook)" if argument.arg.notebook_only else ""
        lines.append(f"- `{shown}` – {argument.help}{only}")
    if verb.help.examples:
        lines += ["", "```text", *verb.help.examples, "```"]
    return "\n".join(lines).replace("\n\n\n", "\n\n").rstrip()


def _form(argument: Argument) -> str:
    value = "{" + ",".join(argument.choices) + "}" if argument.choices else argument.arg.metavar
    match argument.kind:
        case "one":
            return value
        case "optional":
            return f"[{value}]"
        case "any":
            return f"[{value} …]"
        case "flag":
            return f"[{argument.flag}]"
    return f"[{argument.flag} {value}]"


if __name__ == "__main__":
    README.write_text(with_reference(README.read_text(encoding="utf-8")), encoding="utf-8")
