"""Run every benchmark, print the table and keep it as JSON: ``make bench``."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks import (
    diffs,
    fingerprints,
    loading,
    panel,
    pipelines,
    profiling,
    registry,
    snapshots,
    startup,
    tracing,
)

RESULTS = Path("bench-results.json")
BENCHMARKS = (
    startup,
    tracing,
    registry,
    loading,
    diffs,
    profiling,
    panel,
    fingerprints,
    snapshots,
    pipelines,
)


def main() -> None:
    """Measure everything; name benchmarks on the command line to run only those."""
    chosen = [one for one in BENCHMARKS if _name(one) in sys.argv[1:]] or BENCHMARKS
    rows = []
    print(f"{'':62}{'figure':>10}{'target':>10}   medians")
    for benchmark in chosen:
        with tempfile.TemporaryDirectory(prefix="dsnb-bench-", dir=os.environ.get("TMPDIR")) as one:
            os.environ["DSNB_CACHE"] = str(Path(one) / "cache")
            for row in benchmark.measure(Path(one).resolve()):
                rows.append(row)
                target = f"≤ {row.target:.4g} {row.unit}" if row.target is not None else ""
                medians = ", ".join(
                    f"{name} {seconds * 1e3:,.1f} ms" for name, seconds in row.seconds.items()
                )
                figure = f"{row.figure:.2f} {row.unit}"
                print(f"{row.what:62}{figure:>10}{target:>10}   {medians}", flush=True)
    machine = {"python": platform.python_version(), "cores": os.cpu_count()}
    results = {"machine": machine, "rows": [asdict(row) for row in rows]}
    RESULTS.write_text(json.dumps(results, indent=1), encoding="utf-8")
    print(f"\nKept in {RESULTS}.")


def _name(benchmark: object) -> str:
    return str(getattr(benchmark, "__name__", "")).rpartition(".")[2]


if __name__ == "__main__":
    main()
