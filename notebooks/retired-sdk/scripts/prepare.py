"""Put the weeks of weather together, without the hours that nobody measured."""

import argparse
from pathlib import Path

import pandas as pd

from dsnb.azureml.core import Run

parser = argparse.ArgumentParser()
parser.add_argument("--weather")
parser.add_argument("--prepared")
arguments = parser.parse_args()

run = Run.get_context()
files = sorted(Path(arguments.weather).rglob("*.csv"))
weather = pd.concat([pd.read_csv(file) for file in files], ignore_index=True)
measured = weather.dropna(subset=["temp", "wind_speed"])

folder = Path(arguments.prepared)
folder.mkdir(parents=True, exist_ok=True)
measured.to_parquet(folder / "weather.parquet")
run.log("hours", len(measured))
print(f"{len(files)} files, {len(measured):,} of {len(weather):,} hours were measured")
