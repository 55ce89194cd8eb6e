"""People who share a folder: each works in processes of their own, with a umask and cache."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.workbench import run_python

GROUP = 47_001
_BEFORE = """
import os, tempfile
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
import dsnb, pandas as pd
from dsnb.session.current import SESSION

# Who is not root may not see the interpreter's folders, so everything is imported before.
with tempfile.TemporaryDirectory() as folder, redirect_stderr(StringIO()):
    os.environ["DSNB_CACHE"] = folder + "/cache"
    os.chdir(folder)
    for number in range(12):
        Path("batch").mkdir(exist_ok=True)
        Path("batch/%d.csv" % number).write_text("x\\n%d\\n" % number)
    Path("a.csv").write_text("x\\n1\\n")
    dsnb.register("files", "a.csv"), dsnb.register("files", "batch")
    dsnb.register("frame", from_=pd.DataFrame({{"x": [1]}}))
    Path("a.csv").write_text("x\\n2\\n")
    dsnb.load("files@1"), str(dsnb.diff("files@1", "files@2")), str(dsnb.list()), dsnb.status()
    dsnb.export("files@1", output="files.zip"), dsnb.delete("files@1", force=True)
    dsnb.import_("files.zip"), dsnb.restore("files@2", to="old"), dsnb.gc(), str(dsnb.doctor())
    str(dsnb.show("files")), str(dsnb.versions("files")), str(dsnb.verify("files"))
    SESSION.forget()
    os.chdir({folder!r})
os.setgroups([{group}]); os.setgid({own}); os.setuid({user}); os.umask({umask})
os.environ["HOME"] = {home!r}
os.environ["DSNB_CACHE"] = {cache!r}
os.environ["USER"] = os.environ["LOGNAME"] = {name!r}

def share(path, text):
    new = not Path(path).exists()
    Path(path).write_text(text)
    if new:
        os.chmod(path, 0o664)

def refused(verb, *given, **asked):
    "Print why a verb is refused."
    try:
        verb(*given, **asked)
    except dsnb.DsnbError as error:
        print(verb.__name__, "is refused:", error)
    else:
        print(verb.__name__, "is not refused")
"""


@dataclass(frozen=True)
class Member:
    """A user of this machine.

    Attributes
    ----------
    name, number
        Who.
    home
        A folder that only they can use.
    folder
        Where they work.
    umask
        What their new files are closed to.
    """

    name: str
    number: int
    home: Path
    folder: Path
    umask: int = 0o022

    def does(self, code: str) -> str:
        """Run code as this member; return what it printed, and fail when it fails."""
        done = self.tries(code)
        assert done.returncode == 0, f"{self.name}: {done.stderr}"
        return done.stdout

    def tries(self, code: str) -> subprocess.CompletedProcess[str]:
        """Run code as this member."""
        before = _BEFORE.format(
            group=GROUP,
            own=self.number,
            user=self.number,
            umask=self.umask,
            home=str(self.home),
            cache=str(self.home / "cache"),
            name=self.name,
            folder=str(self.folder),
        )
        return run_python(before + code)


def join(name: str, number: int, folder: Path, umask: int) -> Member:
    """Let somebody work in a folder."""
    home = folder.parent / name
    home.mkdir()
    os.chown(home, number, number)
    home.chmod(0o700)
    return Member(name, number, home, folder, umask)


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return permissions and content of all files below a folder."""
    return {
        str(path): (path.stat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }
