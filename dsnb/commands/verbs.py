"""All verbs, in the order in which help lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dsnb.commands import (
    data,
    housekeeping,
    keeping,
    looking,
    migrating,
    modelling,
    naming,
    notebooks,
    origins,
    picking,
    running,
    setup,
    sharing,
    stepping,
)
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
        looking.overlap,
        looking.verify,
        origins.bisect,
        origins.trace,
        origins.lineage,
        modelling.model,
        modelling.models,
        keeping.snapshot,
        keeping.restore,
        picking.pick,
        naming.alias,
        naming.tag,
        naming.annotate,
        naming.rename,
        keeping.deprecate,
        keeping.delete,
        running.run,
        running.runs,
        stepping.step,
        stepping.pipeline,
        notebooks.verify_notebook,
        notebooks.rerun,
        migrating.migrate,
        sharing.export,
        sharing.import_,
        housekeeping.gc,
        housekeeping.doctor,
        setup.init,
        setup.status,
        setup.datastore,
        setup.config,
    )
}
