"""All verbs, in the order in which help lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dsnb.commands import data, looking, naming, picking, running, setup
from dsnb.commands.declaring import Verb

VERBS: Mapping[str, Verb[..., Any]] = {
    verb.name: verb
    for verb in (
        data.register,
        data.load,
        looking.list,
        looking.versions,
        looking.show,
        looking.diff,
        looking.verify,
        picking.pick,
        naming.alias,
        naming.tag,
        naming.annotate,
        naming.rename,
        running.run,
        running.runs,
        setup.init,
        setup.status,
        setup.datastore,
        setup.config,
    )
}
