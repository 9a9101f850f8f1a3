"""Prints the signatures of `import mlflow`'s public functions and classes as JSON, whosever mlflow it is.

`mlflow-3.17.2.json` is what this prints where the real MLflow 3.17.2 and scikit-learn are installed.
"""

import importlib
import inspect
import json
from collections.abc import Iterator
from inspect import Parameter
from typing import Any

MODULES = ("mlflow", "mlflow.artifacts", "mlflow.data", "mlflow.entities", "mlflow.models", "mlflow.sklearn")
PLAIN = (bool, int, float, str, type(None))


def main() -> None:
    found = dict(sorted(signatures()))
    print("{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(found[name])}" for name in found) + "\n}")


def signatures() -> Iterator[tuple[str, str]]:
    """Every name with its parameters, as "run_id, key, *, value=None"."""
    for module_name in MODULES:
        try:
            module = importlib.import_module(module_name)
        except ImportError:
            continue
        yield from members(module_name, module)
        if module_name == "mlflow":
            yield from members("mlflow.MlflowClient", module.MlflowClient)


def members(prefix: str, owner: Any) -> Iterator[tuple[str, str]]:
    for name in getattr(owner, "__all__", None) or dir(owner):
        value = getattr(owner, name, None)
        if name.startswith("_") or not callable(value):
            continue
        try:
            yield f"{prefix}.{name}", parameters(inspect.signature(value))
        except (TypeError, ValueError):  # it has none
            continue


def parameters(signature: inspect.Signature) -> str:
    texts: list[str] = []
    star = False
    for each in signature.parameters.values():
        if each.kind is Parameter.KEYWORD_ONLY and not star:
            texts.append("*")
        star = star or each.kind in (Parameter.KEYWORD_ONLY, Parameter.VAR_POSITIONAL)
        mark = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}.get(each.kind, "")
        texts.append(mark + each.name + default(each.default))
    return ", ".join(texts)


def default(value: object) -> str:
    if value is Parameter.empty:
        return ""
    return f"={value!r}" if isinstance(value, PLAIN) else f"=<{type(value).__name__}>"


if __name__ == "__main__":
    main()
