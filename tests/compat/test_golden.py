"""What MLflow's server answered, asked of ours: one test per recorded case (golden/README.md).

Steps of operations that this server does not have yet are left out; its OpenAPI document tells which. Two
lists name the other steps that do not match: `golden/pending.toml` (they will) and `golden/deviations.toml`
(they never shall, for a reason). Both are strict: a listed step that matches fails the test.
"""

import json
import re
import tomllib
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.compat.golden import replay
from tests.servers import RunningServer

GOLDEN = Path(replay.__file__).parent
CASES = {case["name"]: case for case in replay.load_cases(GOLDEN / "cases")}
LISTS = ("pending", "deviations")

Step = dict[str, Any]
Routes = list[tuple[str, re.Pattern[str]]]


@pytest.fixture(scope="session")
def routes(shared_server: RunningServer) -> Routes:
    """What the server says it answers to: (method, pattern of the path)."""
    with urllib.request.urlopen(f"{shared_server.url}/openapi.json", timeout=10) as answer:
        paths = json.load(answer)["paths"]
    return [(verb.upper(), _pattern(path)) for path, verbs in paths.items() for verb in verbs]


@pytest.mark.parametrize("name", CASES)
def test_the_server_answers_as_mlflow_did(
    name: str, shared_server: RunningServer, routes: Routes, golden_report: Callable[[str, int], None]
) -> None:
    case = CASES[name]
    steps, left_out = _answerable(case["steps"], routes)
    results = replay.run_case(shared_server.url, case | {"steps": steps})
    listed = {step: (kind, reason) for kind in LISTS for step, reason in _listed(kind, name).items()}
    golden_report("left out", len(left_out))
    wrong: list[str] = []
    for result in results:
        kind, reason = listed.pop(result["name"], ("matching", ""))
        if result["passed"] == (kind == "matching"):
            golden_report(kind, 1)
        else:
            golden_report("wrong", 1)
            wrong += _explain(result, kind, reason)
    wrong += [f"{kind}.toml lists {step!r}, which was not run" for step, (kind, _) in listed.items()]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
    if not results:
        pytest.skip("needs operations that this server does not have yet")


def test_the_lists_name_cases_that_exist() -> None:
    named = {entry["case"] for kind in LISTS for entry in _entries(kind)}
    assert named <= CASES.keys()


def test_every_listed_step_has_a_reason() -> None:
    assert [entry for kind in LISTS for entry in _entries(kind) if not entry["reason"].strip()] == []


# --- which steps this server can answer ---------------------------------------------------------


def _answerable(steps: list[Step], routes: Routes) -> tuple[list[Step], list[Step]]:
    """The steps that can be run, and those whose operation, or one that they build on, is not there."""
    run: list[Step] = []
    left_out: list[Step] = []
    unknown: set[str] = set()
    for step in steps:
        needed = set(replay.VARIABLE.findall(json.dumps(step)))
        if _is_served(step, routes) and not unknown & needed:
            run.append(step)
        else:
            left_out.append(step)
            unknown |= step.get("save", {}).keys()
    return run, left_out


def _is_served(step: Step, routes: Routes) -> bool:
    """Whether the server has the step's operation, or the step is to be refused before any operation."""
    path = step["path"].partition("?")[0]
    verbs = {verb for verb, pattern in routes if pattern.fullmatch(path)}
    expected = step["expect"]
    if expected["status"] == 404 and expected["content_type"] == "text/html":
        return True  # a path that nobody serves
    refused_by_verb = bool(verbs) and (expected["status"] == 405 or step["method"] in ("HEAD", "OPTIONS"))
    return step["method"] in verbs or refused_by_verb


def _pattern(template: str) -> re.Pattern[str]:
    """A path of the OpenAPI document as a pattern; only a parameter that is a path may hold slashes."""
    parts = re.split(r"(\{[^}]*\})", template)
    parameter = {"{path}": ".+", "{artifact_path}": ".+"}
    return re.compile("".join(parameter.get(p, "[^/]+" if p[:1] == "{" else re.escape(p)) for p in parts))


# --- the lists ----------------------------------------------------------------------------------


def _entries(kind: str) -> list[dict[str, Any]]:
    return tomllib.loads((GOLDEN / f"{kind}.toml").read_text()).get("steps", [])


def _listed(kind: str, case: str) -> dict[str, str]:
    """The listed steps of a case, each with its reason."""
    entries = [entry for entry in _entries(kind) if entry["case"] == case]
    return {step: entry["reason"] for entry in entries for step in entry["names"]}


def _explain(result: dict[str, Any], kind: str, reason: str) -> list[str]:
    if result["passed"]:
        return [f"{result['name']}: {kind}.toml lists it ({reason}), yet it matches: take it off the list"]
    return [f"{result['name']}: {replay.describe(difference)}" for difference in result["differences"]]
