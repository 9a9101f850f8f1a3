"""Replay the recorded request/response pairs against a server and report every field that differs.

    replay.py URL [--cases DIR] [--only NAME] [--messages exact|ignore] [--strict] [--json] [--quiet]

Standard library only. Exit status: 0 all passed, 1 some failed, 2 nothing to run.
"""

import argparse
import base64
import hashlib
import http.client
import json
import math
import re
import sys
import time
import urllib.parse
import uuid
from pathlib import Path
from typing import Any

Variables = dict[str, Any]
Step = dict[str, Any]
Difference = dict[str, Any]

HERE = Path(__file__).resolve().parent
TIMEOUT_S = 30

# A wildcard that is the whole value fixes the JSON type; inside a longer string it matches text.
TYPED = {
    "<any>": lambda v: True,
    "<int>": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "<number>": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "<str>": lambda v: isinstance(v, str),
    "<nan>": lambda v: isinstance(v, float) and math.isnan(v),
}
TEXTUAL = {
    "<any>": r".*",
    "<int>": r"-?\d+",
    "<str>": r".+",
    "<uuid32>": r"[0-9a-f]{32}",
    "<run-name>": r"[a-z]+-[a-z]+-\d+",
    "<artifact-root>": r".+?",
    "<version>": r"\d+\.\d+\.\d+\S*",
}
WILDCARD = re.compile("|".join(map(re.escape, {**TYPED, **TEXTUAL})))
VARIABLE = re.compile(r"\$\{(\w+|.\*\d+)\}")

# Lists whose order means nothing, and the field that names an element.
UNORDERED = {
    "tags": "key",
    "params": "key",
    "aliases": "alias",
    "dataset_inputs": "dataset.name",
    "model_inputs": "model_id",
    "model_outputs": "model_id",
    "dataset_summaries": "digest",
}


class MissingVariable(Exception):
    """A step needs a value that an earlier step did not yield."""


# --- placeholders ---------------------------------------------------------------------------


def fill(value: Any, variables: Variables) -> Any:
    """Put the variables' values into every string of a JSON value; spell out `${x*300}` and {"$each": …}."""
    if isinstance(value, str):
        whole = VARIABLE.fullmatch(value)
        if whole:
            return _lookup(whole[1], variables)
        return VARIABLE.sub(lambda m: str(_lookup(m[1], variables)), value)
    if isinstance(value, list):
        return [fill(v, variables) for v in value]
    if isinstance(value, dict) and "$each" in value:
        return [fill(value["$each"], variables | {"n": n}) for n in range(value["count"])]
    if isinstance(value, dict):
        return {fill(k, variables): fill(v, variables) for k, v in value.items()}
    return value


def _lookup(name: str, variables: Variables) -> Any:
    if name[1:2] == "*":
        return name[0] * int(name[2:])
    if name not in variables:
        raise MissingVariable(name)
    return variables[name]


def dig(value: Any, path: str) -> Any:
    """The value at `a.b[0].c`; `[*]` gathers one value per element (None where it is absent)."""
    for n, part in enumerate(parts := re.findall(r"\w[\w-]*|\[\d+\]|\[\*\]", path)):
        if part == "[*]":
            rest = ".".join(parts[n + 1 :]).replace(".[", "[")
            return [dig(v, rest) if rest else v for v in value or []]
        if part.startswith("["):
            index = int(part[1:-1])
            value = value[index] if isinstance(value, list) and index < len(value) else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value


def new_variables() -> Variables:
    return {"uid": "u" + uuid.uuid4().hex[:10]}


# --- one request ----------------------------------------------------------------------------


def send(base: str, step: Step, variables: Variables) -> dict[str, Any]:
    """Send a step's request; returns what "expect" records, with the JSON as it came."""
    url = urllib.parse.urlsplit(base)
    target = url.path.rstrip("/") + fill(step["path"], variables)
    if step.get("query"):
        target += "?" + urllib.parse.urlencode(fill(step["query"], variables), doseq=True)
    body, headers = _body(step, variables)
    connect = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = connect(url.hostname or "", url.port, timeout=TIMEOUT_S)
    try:
        connection.putrequest(step["method"], target, skip_host="Host" in headers, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return _answer(step, answer, answer.read())
    finally:
        connection.close()


def _body(step: Step, variables: Variables) -> tuple[bytes | None, dict[str, str]]:
    headers, body = {}, None
    if "json" in step:
        body = json.dumps(fill(step["json"], variables)).encode()
        headers["Content-Type"] = "application/json"
    elif "text" in step:
        body = fill(step["text"], variables).encode()
    elif "body_base64" in step:
        body = base64.b64decode(step["body_base64"])
    headers.update(fill(step.get("headers", {}), variables))
    if body is not None or step["method"] in ("POST", "PUT", "PATCH"):
        headers.setdefault("Content-Length", str(len(body or b"")))
    return body, headers


def _answer(step: Step, answer: http.client.HTTPResponse, body: bytes) -> dict[str, Any]:
    media = (answer.getheader("Content-Type") or "").split(";")[0].strip().lower()
    seen = {"status": answer.status, "content_type": media}
    if step.get("check_headers"):
        seen["headers"] = {h: _header(h, answer.getheader(h)) for h in step["check_headers"]}
    if media == "application/json":
        try:
            seen["json"] = _pick(step, json.loads(body))
            seen["whole"] = json.loads(body)
            return seen
        except ValueError:
            pass  # said to be JSON and is not: compared as text, which shows it
    try:
        seen["text"] = body.decode()
    except UnicodeDecodeError:
        seen["sha256"] = hashlib.sha256(body).hexdigest()
    return seen


def _header(name: str, value: str | None) -> str | None:
    """Header values whose order means nothing are sorted."""
    return ", ".join(sorted(v.strip() for v in value.split(","))) if name == "allow" and value else value


def _pick(step: Step, value: Any) -> Any:
    """With "pick", only these paths are compared (an error is always compared whole)."""
    if "pick" not in step or (isinstance(value, dict) and "error_code" in value):
        return value
    picked = {path: dig(value, path) for path in step["pick"]}
    if step.get("unordered") is True:
        picked = {k: sorted(v, key=str) if isinstance(v, list) else v for k, v in picked.items()}
    return picked


# --- comparison -----------------------------------------------------------------------------


def differences(expected: dict[str, Any], actual: dict[str, Any], step: Step) -> list[Difference]:
    """The differing fields of two answers, as dicts {path, kind, expected, actual}."""
    found: list[Difference] = []
    for part in ("status", "content_type", "headers", "json", "text", "sha256"):
        if part in expected:
            _compare(expected[part], actual.get(part, _ABSENT), part, step, found)
    return found


_ABSENT = object()


def _compare(expected: Any, actual: Any, path: str, step: Step, found: list[Difference]) -> None:
    def differs(kind: str) -> None:
        found.append(
            {
                "path": path,
                "kind": kind,
                "expected": expected,
                "actual": None if actual is _ABSENT else actual,
            }
        )

    if actual is _ABSENT:
        differs("missing")
    elif isinstance(expected, str) and WILDCARD.search(expected):
        if not matches(expected, actual):
            differs("value" if isinstance(actual, str) else "type")
    elif _kind(expected) != _kind(actual):
        differs("type")
    elif isinstance(expected, dict):
        _compare_objects(expected, actual, path, step, found)
    elif isinstance(expected, list):
        _compare_lists(expected, actual, path, step, found)
    elif expected != actual:
        differs("value")


def matches(pattern: str, value: Any) -> bool:
    if pattern in TYPED:
        return TYPED[pattern](value)
    if not isinstance(value, str):
        return False
    literal, wild = WILDCARD.split(pattern), WILDCARD.findall(pattern)
    regex = re.escape(literal[0]) + "".join(
        TEXTUAL[w] + re.escape(t) for w, t in zip(wild, literal[1:], strict=True)
    )
    return re.fullmatch(regex, value, re.DOTALL) is not None


def _kind(value: Any) -> str:
    """The JSON type; 1 and 1.0 are the same number."""
    return (
        "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__
    )


def _compare_objects(
    expected: dict[str, Any], actual: dict[str, Any], path: str, step: Step, found: list[Difference]
) -> None:
    for key, value in expected.items():
        _compare(value, actual.get(key, _ABSENT), f"{path}.{key}", step, found)
    found.extend(
        {"path": f"{path}.{key}", "kind": "extra", "expected": None, "actual": actual[key]}
        for key in actual.keys() - expected.keys()
    )


def _compare_lists(
    expected: list[Any], actual: list[Any], path: str, step: Step, found: list[Difference]
) -> None:
    key = _identity(path, step)
    if key and all(isinstance(v, dict) for v in expected + actual):
        _compare_objects(_by_key(expected, key), _by_key(actual, key), path, step, found)
        return
    if key and not any(isinstance(v, (dict, list)) for v in expected + actual):
        expected, actual = sorted(expected, key=str), sorted(actual, key=str)
    if len(expected) != len(actual):
        found.append(
            {"path": f"{path}.length", "kind": "value", "expected": len(expected), "actual": len(actual)}
        )
    for n, (e, a) in enumerate(zip(expected, actual, strict=False)):
        _compare(e, a, f"{path}[{n}]", step, found)


def _identity(path: str, step: Step) -> str | None:
    parts = path.split(".")
    asked = step.get("unordered")
    if isinstance(asked, dict) and parts[-1] in asked:
        return asked[parts[-1]]
    if parts[-1] == "metrics" and parts[-2:-1] == ["data"]:
        return "key"  # the latest values inside a run; a metric's history is ordered
    return UNORDERED.get(parts[-1])


def _by_key(items: list[Any], key: str) -> dict[str, Any]:
    named: dict[str, Any] = {}
    seen: dict[str, int] = {}
    for item in sorted(items, key=lambda i: json.dumps(i, sort_keys=True)):
        name = str(dig(item, key))
        seen[name] = seen.get(name, 0) + 1
        named[f"[{name}]" if seen[name] == 1 else f"[{name}]#{seen[name]}"] = item
    return named


# --- whole cases ----------------------------------------------------------------------------


def load_cases(folder: Path, only: str | None = None) -> list[dict[str, Any]]:
    cases = [json.loads(p.read_text()) | {"file": p} for p in sorted(Path(folder).glob("*.json"))]
    return [c for c in cases if not only or only in c["name"]]


def run_case(
    base: str, case: dict[str, Any], messages: str = "exact", strict: bool = False
) -> list[dict[str, Any]]:
    """Run every step of a case, whatever happened before; returns one result per step."""
    variables, results = new_variables(), []
    for step in case["steps"]:
        time.sleep(step.get("wait_ms", 0) / 1000)
        try:
            actual = send(base, step, variables)
            remember(step, actual, variables)
            found = differences(fill(step["expect"], variables), actual, step)
            if not strict and _refused_properly(step, actual):
                found = []
        except MissingVariable as missing:
            found = [_failure(f"needs ${{{missing}}}, which an earlier step did not yield")]
        except (OSError, http.client.HTTPException) as error:
            found = [_failure(f"no answer: {error!r}")]
        if messages == "ignore":
            found = [d for d in found if not _is_wording(d)]
        excused = bool(found) and "wart" in step and not strict
        results.append(
            {"name": step["name"], "passed": excused or not found, "excused": excused, "differences": found}
        )
    return results


def _refused_properly(step: Step, actual: dict[str, Any]) -> bool:
    """Where the reference breaks down (500), a well-formed refusal (4xx) is as good."""
    body = actual.get("whole")
    return (
        step["expect"]["status"] == 500
        and 400 <= actual["status"] < 500
        and isinstance(body, dict)
        and "error_code" in body
    )


def remember(step: Step, actual: dict[str, Any], variables: Variables) -> None:
    for name, path in step.get("save", {}).items():
        value = dig(actual.get("whole"), path)
        if value is not None:
            variables[name] = value


def _failure(why: str) -> Difference:
    return {"path": "request", "kind": "failure", "expected": None, "actual": why}


def _is_wording(difference: Difference) -> bool:
    return difference["path"] == "json.message" and difference["kind"] == "value"


def describe(d: Difference) -> str:
    if d["kind"] == "failure":
        return d["actual"]
    expected, actual = _short(d["expected"]), _short(d["actual"])
    return {
        "missing": f"{d['path']}: missing, expected {expected}",
        "extra": f"{d['path']}: not expected, got {actual}",
        "type": f"{d['path']}: different type: got {actual}, expected {expected}",
        "value": f"{d['path']}: got {actual}, expected {expected}",
    }[d["kind"]]


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) < 300 else text[:300] + " …"


def show_case(name: str, results: list[dict[str, Any]], quiet: bool) -> None:
    failed = [r for r in results if not r["passed"]]
    if not quiet or failed:
        verdict = "FAIL" if failed else "ok  "
        print(f"{verdict} {name}: {len(results) - len(failed)} passed, {len(failed)} failed")
    for result in failed if quiet else [r for r in results if r["differences"]]:
        print(f"     {'wart' if result['excused'] else 'step'} {results.index(result) + 1} {result['name']}")
        for difference in result["differences"]:
            print(f"         {describe(difference)}")


def main() -> int:
    options = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    options.add_argument("url")
    options.add_argument("--cases", default=HERE / "cases", type=Path, metavar="DIR")
    options.add_argument("--only", metavar="NAME", help="cases whose name contains NAME")
    options.add_argument(
        "--messages", choices=["exact", "ignore"], default="exact", help="the wording of errors"
    )
    options.add_argument("--strict", action="store_true", help="ask for the reference's faults too")
    options.add_argument("--json", action="store_true", help="print the results as JSON")
    options.add_argument("--quiet", action="store_true", help="name failed cases only")
    asked = options.parse_args()
    cases = load_cases(asked.cases, asked.only)
    if not cases:
        print("no such case", file=sys.stderr)
        return 2
    outcome = {}
    for case in cases:
        outcome[case["name"]] = run_case(asked.url, case, asked.messages, asked.strict)
        if not asked.json:
            show_case(case["name"], outcome[case["name"]], asked.quiet)
    steps = [r for results in outcome.values() for r in results]
    failed = [r for r in steps if not r["passed"]]
    excused = sum(r["excused"] for r in steps)
    if asked.json:
        print(
            json.dumps(
                {
                    "passed": len(steps) - len(failed),
                    "failed": len(failed),
                    "excused": excused,
                    "cases": outcome,
                },
                indent=1,
            )
        )
    else:
        wording = sum(all(_is_wording(d) for d in r["differences"]) for r in failed)
        if wording:
            print(f"{wording} of the failed steps differ only in an error's wording")
        if excused:
            print(f"{excused} of the passed steps differ where the reference itself is at fault")
        print(f"{len(steps) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
