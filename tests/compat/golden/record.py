"""Send the requests of the cases to a reference server and write its answers into them as "expect".

    record.py URL [--cases DIR] [--only NAME]

Only "expect" is rewritten; the requests in the case files are the definitions. Values that change from run
to run become placeholders (saved ids) or wildcards (README.md). Saved values must be at least six characters
long to be recognised wherever they occur, so record on a server whose experiment ids start high (README.md).
"""

import argparse
import json
import math
import re
import sys
import time
from pathlib import Path
from typing import Any

from replay import HERE, Variables, fill, load_cases, new_variables, remember, send

DAY_MS = 86_400_000
SHORTEST = 6
RUN_NAME = re.compile(r"[a-z]+-[a-z]+-\d{1,3}")
UNORDERED_SET = re.compile(r"\{'[^']*'(, '[^']*')+\}")  # a Python set: another order at every start
# Errors that show the server's inside: that they happen is recorded, their text is not.
INTERNAL = re.compile(r"sqlalche|sqlite3|Traceback|object at 0x|/site-packages/|SQL:", re.IGNORECASE)


def generalise(value: Any, variables: Variables, sent: str, key: Any = "") -> Any:
    """Replace what is volatile in an answer by placeholders and wildcards."""
    if isinstance(value, dict):
        named = {"key": value.get("key")} if "key" in value else {}
        return {
            k: generalise(v, variables, sent, named.get("key") if k == "value" and named else k)
            for k, v in value.items()
        }
    if isinstance(value, list):
        return [generalise(v, variables, sent, key) for v in value]
    if isinstance(value, float) and math.isnan(value):
        return "<nan>"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value - time.time() * 1000) < DAY_MS:
        return "<int>"
    return _text(value, variables, sent, key) if isinstance(value, str) else value


def _text(value: str, variables: Variables, sent: str, key: Any) -> str:
    if key.endswith("page_token") and value:
        return "<str>"
    if key == "message" and INTERNAL.search(value):
        return "<any>"
    if key == "message":
        value = UNORDERED_SET.sub("{<any>}", value)
    if re.search(r"name$", key, re.IGNORECASE) and RUN_NAME.fullmatch(value) and value not in sent:
        return "<run-name>"
    for name, known in sorted(variables.items(), key=lambda v: -len(str(v[1]))):
        value = value.replace(str(known), f"${{{name}}}")
    value = re.sub(r"([^\s${}])\1{99,}", lambda m: f"${{{m[1]}*{len(m[0])}}}", value)
    value = re.sub(r"\b(m-|tr-|)[0-9a-f]{32}\b", r"\1<uuid32>", value)
    value = re.sub(
        r"\b1[789]\d{11}\b",
        lambda m: "<int>" if abs(int(m[0]) - time.time() * 1000) < DAY_MS else m[0],
        value,
    )
    return re.sub(r"^mlflow-artifacts:(?=/)", "<artifact-root>", value)


def record_case(base: str, case: dict[str, Any]) -> None:
    variables = new_variables()
    for step in case["steps"]:
        time.sleep(step.get("wait_ms", 0) / 1000)
        actual = send(base, step, variables)
        remember(step, actual, variables)
        _check_saved(case, step, variables)
        sent = json.dumps(fill({k: v for k, v in step.items() if k not in ("expect", "name")}, variables))
        step["expect"] = _expectation(actual, variables, sent)


def _check_saved(case: dict[str, Any], step: dict[str, Any], variables: Variables) -> None:
    for name in step.get("save", {}):
        if len(str(variables.get(name, ""))) < SHORTEST:
            where = f"{case['name']}, step {step['name']}"
            raise SystemExit(f"{where}: ${{{name}}} is {variables.get(name)!r}, too short to recognise")


def _expectation(actual: dict[str, Any], variables: Variables, sent: str) -> dict[str, Any]:
    expect = {k: actual[k] for k in ("status", "content_type")}
    if "headers" in actual:
        expect["headers"] = generalise(actual["headers"], variables, sent)
    if "json" in actual:
        expect["json"] = generalise(actual["json"], variables, sent)
    elif re.match(r"\s*<(!|html)", actual.get("text", ""), re.IGNORECASE):
        expect["text"] = "<any>"  # a page for people
    elif "text" in actual:
        expect["text"] = (
            "<version>"
            if re.fullmatch(r"\d+\.\d+\.\d+\S*", actual["text"])
            else generalise(actual["text"], variables, sent)
        )
    else:
        expect["sha256"] = actual["sha256"]
    return expect


def main() -> int:
    options = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    options.add_argument("url")
    options.add_argument("--cases", default=HERE / "cases", type=Path, metavar="DIR")
    options.add_argument("--only", metavar="NAME")
    asked = options.parse_args()
    for case in load_cases(asked.cases, asked.only):
        record_case(asked.url, case)
        file = case.pop("file")
        file.write_text(json.dumps(case, indent=1, ensure_ascii=False) + "\n")
        print(f"{case['name']}: {len(case['steps'])} steps")
    return 0


if __name__ == "__main__":
    sys.exit(main())
