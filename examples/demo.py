"""Three small studies on data that ships with scikit-learn, every run of them tracked with Runstone.

    python examples/demo.py                    # logs to ./mlruns
    python examples/demo.py --store some/place
    python examples/demo.py --store http://127.0.0.1:5000

`import runstone as mlflow`: scripts written for MLflow's tracking API need no other change.
"""

import argparse
import math
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.metrics import (
    ConfusionMatrixDisplay,
    accuracy_score,
    classification_report,
    log_loss,
    r2_score,
    recall_score,
    root_mean_squared_error,
)
from sklearn.model_selection import cross_validate, train_test_split
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import runstone as mlflow

SEED = 7
EPOCHS = 60


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--store", default="mlruns", help="where to log: a folder, or a server's URL")
    store = options.parse_args().store
    mlflow.set_tracking_uri(store)

    print("Training on scikit-learn's bundled data\n")
    started = time.perf_counter()
    runs = 0
    runs += study("wine-cultivars", wine_cultivars, best_by="test/log_loss", order="ASC")
    runs += study("breast-cancer-screening", breast_cancer_screening, best_by="val/recall", order="DESC")
    runs += study("diabetes-progression", diabetes_progression, best_by="val/rmse", order="ASC")
    print(f"\n{runs} runs in {time.perf_counter() - started:.0f} s, kept in {store}\n")


def study(name: str, conduct: Callable[[], None], best_by: str, order: str) -> int:
    """Conduct one study in an experiment of its own and say what came of it."""
    started = time.perf_counter()
    mlflow.set_experiment(name)
    conduct()
    seconds = time.perf_counter() - started

    runs = mlflow.search_runs(experiment_names=[name], output_format="list")
    [best] = mlflow.search_runs(
        experiment_names=[name],
        filter_string="attributes.status = 'FINISHED'",
        order_by=[f"metrics.`{best_by}` {order}"],
        max_results=1,
        output_format="list",
    )
    score = f"{best_by} {best.data.metrics[best_by]:.3f}"
    print(f"  {name:<24} {len(runs):2} runs  {seconds:4.1f} s   best: {best.info.run_name:<18} {score}")
    return len(runs)


# --- wine: a sweep with a parent run and nested children --------------------------------------


def wine_cultivars() -> None:
    """Which of three cultivars is a wine from? A forest, swept over depth and size, against a baseline."""
    wine = load_wine(as_frame=True)
    split = train_test_split(wine.data, wine.target, test_size=0.4, stratify=wine.target, random_state=SEED)

    with mlflow.start_run(run_name="logistic-baseline", tags={"role": "baseline", "model": "logistic"}):
        mlflow.set_tag("mlflow.note.content", "Whatever is tuned after this has to beat it.")
        mlflow.log_params({"C": 1.0, "scaled": True})
        evaluate_wine(make_pipeline(StandardScaler(), LogisticRegression()), split, wine.target_names)

    with mlflow.start_run(run_name="forest-sweep", tags={"role": "sweep", "model": "random forest"}):
        grid = {"max_depth": [1, 2, 4], "n_estimators": [10, 30, 90]}
        mlflow.log_dict({"grid": grid, "folds": 5, "seed": SEED}, "sweep.yaml")
        mlflow.log_params({"folds": 5, "seed": SEED})
        scores = [
            sweep_forest(depth, trees, split, wine.target_names)
            for depth in grid["max_depth"]
            for trees in grid["n_estimators"]
        ]
        table = pd.DataFrame(scores).sort_values("cv/accuracy", ascending=False)
        log_table(table, "sweep.csv")
        mlflow.log_metric("cv/accuracy", table["cv/accuracy"].max())
        mlflow.set_tag("mlflow.note.content", f"Nine forests, 5 folds each.\n\n```\n{table.head(3)}\n```")


def sweep_forest(depth: int, trees: int, split: list[Any], names: np.ndarray) -> dict[str, float]:
    """One child of the sweep: cross-validated on the training part, then tested once."""
    tags = {"role": "candidate", "model": "random forest"}
    with mlflow.start_run(run_name=f"forest-depth{depth}-trees{trees}", nested=True, tags=tags):
        mlflow.log_params({"max_depth": depth, "n_estimators": trees})
        forest = RandomForestClassifier(n_estimators=trees, max_depth=depth, random_state=SEED)
        folds = cross_validate(forest, split[0], split[2], cv=5, scoring=["accuracy", "neg_log_loss"])
        for fold, accuracy in enumerate(folds["test_accuracy"]):
            mlflow.log_metric("fold/accuracy", accuracy, step=fold)
            mlflow.log_metric("fold/log_loss", -folds["test_neg_log_loss"][fold], step=fold)
        mean = float(np.mean(folds["test_accuracy"]))
        mlflow.log_metrics({"cv/accuracy": mean, "cv/accuracy_std": float(np.std(folds["test_accuracy"]))})
        evaluate_wine(forest, split, names)
        return {"max_depth": depth, "n_estimators": trees, "cv/accuracy": round(mean, 4)}


def evaluate_wine(model: Any, split: list[Any], names: np.ndarray) -> None:
    """Fit on the training part, measure on the rest, and keep what a person wants to see of it."""
    x_train, x_test, y_train, y_test = split
    model.fit(x_train, y_train)
    predicted = model.predict(x_test)
    mlflow.log_metric("test/accuracy", float(accuracy_score(y_test, predicted)))
    mlflow.log_metric("test/log_loss", float(log_loss(y_test, model.predict_proba(x_test))))
    log_classification(y_test, predicted, names)


# --- breast cancer: curves, epoch by epoch -----------------------------------------------------


def breast_cancer_screening() -> None:
    """Benign or malignant? Linear models and small networks, trained epoch by epoch."""
    cancer = load_breast_cancer()
    x_train, x_val, y_train, y_val = train_test_split(
        cancer.data, cancer.target, test_size=0.3, stratify=cancer.target, random_state=SEED
    )
    scaler = StandardScaler().fit(x_train)
    data = scaler.transform(x_train), scaler.transform(x_val), y_train, y_val

    for schedule in ("constant", "cosine"):
        for rate in (0.0001, 0.001, 0.01):
            model = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=rate, random_state=SEED)
            params = {"schedule": schedule, "lr": rate}
            train_classifier(f"sgd-{schedule}-lr{rate:g}", model, params, data)
    for hidden in ((16,), (64, 32)):
        model = MLPClassifier(hidden, solver="sgd", learning_rate_init=0.01, batch_size=32, random_state=SEED)
        params = {"schedule": "constant", "lr": 0.01, "hidden": hidden}
        train_classifier("mlp-" + "-".join(map(str, hidden)), model, params, data)


def train_classifier(name: str, model: Any, params: dict[str, Any], data: tuple[Any, ...]) -> None:
    """Sixty epochs of `partial_fit`, with the curves of both parts of the data."""
    x_train, x_val, y_train, y_val = data
    order = np.random.default_rng(SEED)
    with mlflow.start_run(run_name=name, tags={"model": name.split("-")[0], "dataset": "breast cancer"}):
        mlflow.log_params(params | {"epochs": EPOCHS, "n_train": len(y_train)})
        for epoch in range(EPOCHS):
            rate = params["lr"]
            if params["schedule"] == "cosine":
                rate *= (1 + math.cos(math.pi * epoch / EPOCHS)) / 2
                model.set_params(eta0=rate)
            shuffled = order.permutation(len(y_train))
            model.partial_fit(x_train[shuffled], y_train[shuffled], classes=[0, 1])
            mlflow.log_metrics(curves(model, data) | {"lr": rate}, step=epoch)
        predicted = model.predict(x_val)
        log_classification(y_val, predicted, np.array(["malignant", "benign"]))
        missed = np.flatnonzero((y_val == 0) & (predicted == 1))
        mlflow.log_text("\n".join(f"case {case}" for case in missed) or "none", "missed-malignant.txt")


def curves(model: Any, data: tuple[Any, ...]) -> dict[str, float]:
    x_train, x_val, y_train, y_val = data
    return {
        "train/loss": float(log_loss(y_train, model.predict_proba(x_train))),
        "train/accuracy": float(model.score(x_train, y_train)),
        "val/loss": float(log_loss(y_val, model.predict_proba(x_val))),
        "val/accuracy": float(model.score(x_val, y_val)),
        "val/recall": float(recall_score(y_val, model.predict(x_val), pos_label=0)),
    }


# --- diabetes: what works, what diverges, what fails --------------------------------------------


def diabetes_progression() -> None:
    """How far will the disease have progressed in a year? Regression, with two runs that go wrong."""
    diabetes = load_diabetes()
    data = train_test_split(diabetes.data, diabetes.target, test_size=0.25, random_state=SEED)

    with mlflow.start_run(run_name="ridge-sweep", tags={"role": "sweep", "model": "ridge"}):
        for alpha in (0.001, 0.01, 0.1, 1.0, 10.0):
            with mlflow.start_run(run_name=f"ridge-alpha{alpha:g}", nested=True, tags={"model": "ridge"}):
                mlflow.log_param("alpha", alpha)
                log_regression(Ridge(alpha=alpha).fit(data[0], data[2]), data, diabetes.feature_names)
    for depth in (1, 3):
        boost(depth, data)
    for momentum in (0.0, 0.9, 0.99):
        train_network(momentum, data)
    for neighbours in (15, 500):
        try:
            nearest_neighbours(neighbours, data)
        except ValueError as error:  # the run is marked FAILED and keeps its params; the study goes on
            reason = str(error).partition(",")[0]
            print(f"  neighbours-{neighbours} failed, as it should: {reason}")


def boost(depth: int, data: list[Any]) -> None:
    """Boosted trees, measured after every tree: the gap between the curves is the overfitting."""
    x_train, x_val, y_train, y_val = data
    with mlflow.start_run(run_name=f"boosting-depth{depth}", tags={"model": "gradient boosting"}):
        mlflow.log_params({"max_depth": depth, "learning_rate": 0.1, "n_estimators": 150})
        model = GradientBoostingRegressor(max_depth=depth, n_estimators=150, random_state=SEED)
        model.fit(x_train, y_train)
        stages = zip(model.staged_predict(x_train), model.staged_predict(x_val), strict=True)
        for tree, (on_train, on_val) in enumerate(stages, start=1):
            errors = {
                "train/rmse": root_mean_squared_error(y_train, on_train),
                "val/rmse": root_mean_squared_error(y_val, on_val),
            }
            mlflow.log_metrics(errors, step=tree)
        mlflow.log_metric("val/r2", float(model.score(x_val, y_val)))


def train_network(momentum: float, data: list[Any]) -> None:
    """A small network on standardised targets. With momentum 0.99 it diverges, and its loss says so: NaN."""
    x_train, x_val, y_train, y_val = data
    scale_x, scale_y = StandardScaler().fit(x_train), StandardScaler().fit(y_train.reshape(-1, 1))
    targets = scale_y.transform(y_train.reshape(-1, 1)).ravel()
    model = MLPRegressor(
        hidden_layer_sizes=(64,),
        solver="sgd",
        learning_rate_init=0.15,
        momentum=momentum,
        batch_size=32,
        random_state=0,
    )
    with mlflow.start_run(run_name=f"mlp-momentum{momentum:g}", tags={"model": "mlp"}):
        mlflow.log_params({"hidden": (64,), "learning_rate": 0.15, "momentum": momentum, "batch_size": 32})
        for epoch in range(40):
            try:
                with np.errstate(over="ignore", invalid="ignore"):
                    model.partial_fit(scale_x.transform(x_train), targets)
            except ValueError:  # the weights have overflowed
                mlflow.log_metrics({"train/loss": math.nan, "val/rmse": math.nan}, step=epoch)
                mlflow.set_tags({"outcome": "diverged", "mlflow.note.content": f"Diverged in epoch {epoch}."})
                return
            predicted = scale_y.inverse_transform(model.predict(scale_x.transform(x_val)).reshape(-1, 1))
            error = root_mean_squared_error(y_val, predicted)
            mlflow.log_metrics({"train/loss": float(model.loss_), "val/rmse": error}, step=epoch)


def nearest_neighbours(neighbours: int, data: list[Any]) -> None:
    x_train, _, y_train, _ = data
    with mlflow.start_run(run_name=f"neighbours-{neighbours}", tags={"model": "nearest neighbours"}):
        mlflow.log_params({"n_neighbors": neighbours, "n_train": len(y_train)})
        model = KNeighborsRegressor(neighbours).fit(x_train, y_train)
        log_regression(model, data)  # 500 neighbours are more than there are patients: this raises


def log_regression(model: Any, data: list[Any], features: list[str] | None = None) -> None:
    _, x_val, _, y_val = data
    predicted = model.predict(x_val)
    mlflow.log_metric("val/rmse", root_mean_squared_error(y_val, predicted))
    mlflow.log_metric("val/r2", float(r2_score(y_val, predicted)))
    log_table(pd.DataFrame({"measured": y_val, "predicted": predicted.round(1)}), "predictions.csv")
    if features:
        mlflow.log_dict(dict(zip(features, model.coef_.round(2).tolist(), strict=True)), "coefficients.json")


# --- artifacts ----------------------------------------------------------------------------------


def log_classification(truth: Any, predicted: Any, names: np.ndarray) -> None:
    """A confusion matrix as a picture, precision and recall as text."""
    figure, axes = plt.subplots(figsize=(4.8, 4.2), layout="constrained")
    ConfusionMatrixDisplay.from_predictions(
        truth, predicted, display_labels=names, cmap="Blues", colorbar=False, ax=axes
    )
    mlflow.log_figure(figure, "plots/confusion-matrix.png")
    plt.close(figure)
    report = classification_report(truth, predicted, target_names=names, zero_division=0)
    mlflow.log_text(str(report), "report.txt")


def log_table(table: pd.DataFrame, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        table.to_csv(file, index=False)
        mlflow.log_artifact(str(file), "data")


if __name__ == "__main__":
    main()
