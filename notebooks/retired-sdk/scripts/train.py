"""Train a classifier of handwritten digits."""

import argparse
from pathlib import Path

import joblib
from sklearn.linear_model import LogisticRegression

from dsnb.azureml.core import Dataset, Run

parser = argparse.ArgumentParser()
parser.add_argument("--training")
parser.add_argument("--regularization", type=float, default=0.5)
arguments = parser.parse_args()

run = Run.get_context()
ws = run.experiment.workspace

training = run.input_datasets["digits"]
testing = Dataset.get_by_name(ws, "digits_test")
train, test = training.to_pandas_dataframe(), testing.to_pandas_dataframe()

model = LogisticRegression(C=1.0 / arguments.regularization, max_iter=1000)
model.fit(train.drop(columns="target"), train["target"])
accuracy = model.score(test.drop(columns="target"), test["target"])
run.log("regularization", arguments.regularization)
run.log("accuracy", accuracy)
print(f"accuracy {accuracy:.3f} on {len(test)} digits")

Path("outputs").mkdir(exist_ok=True)
joblib.dump(model, "outputs/digits.joblib")
run.register_model(
    model_name="digits",
    model_path="outputs/digits.joblib",
    tags={"library": "scikit-learn"},
    datasets=[("training data", training), ("test data", testing)],
)
