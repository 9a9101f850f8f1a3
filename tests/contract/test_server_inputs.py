"""What runs read and made over bare HTTP, and files that the web UI uploads to a run."""

from typing import Any

import pytest

from tests.contract.asking import API, Answer, ask, connect, new_run, post, post_text
from tests.servers import RunningServer

AJAX = "/ajax-api/2.0/mlflow"
UPLOAD = f"{AJAX}/upload-artifact"
DATASET = {"name": "n", "digest": "d", "source_type": "local", "source": "{}"}


@pytest.fixture
def run(shared_server: RunningServer) -> str:
    return new_run(shared_server)


def shown(server: RunningServer, run: str) -> Any:
    """The run as a read of it shows it."""
    return ask(server, "GET", f"{API}/runs/get", run_id=run).json()["run"]


# --- inputs that are not as they should be ------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"datasets": "x"}, "Invalid value \"x\" for parameter 'datasets'"),
        ({"datasets": ["x"]}, "Invalid value \"x\" for parameter 'datasets[0]'"),
        ({"datasets": [{}]}, "Missing value for required parameter 'datasets[0].dataset'"),
        ({"datasets": [{"dataset": "x"}]}, "Invalid value \"x\" for parameter 'datasets[0].dataset'"),
        ({"datasets": [{"dataset": {"name": "n"}}]}, "required parameter 'datasets[0].dataset.digest'"),
        ({"datasets": [{"dataset": DATASET | {"name": 5}}]}, "parameter 'datasets[0].dataset.name'"),
        ({"datasets": [{"dataset": DATASET, "tags": {"k": "v"}}]}, "parameter 'datasets[0].tags'"),
        ({"datasets": [{"dataset": DATASET, "tags": [{"value": "v"}]}]}, "required parameter 'tags.key'"),
        ({"models": ["m"]}, "Invalid value \"m\" for parameter 'models[0]'"),
        ({"models": [{}]}, "Missing value for required parameter 'models[0].model_id'"),
    ],
)
def test_malformed_inputs_are_named_and_nothing_of_them_is_kept(
    shared_server: RunningServer, run: str, fields: dict[str, Any], message: str
) -> None:
    answer = post(shared_server, "runs/log-inputs", run_id=run, **fields)
    assert answer.status == 400
    assert answer.error[0] == "INVALID_PARAMETER_VALUE"
    assert message in answer.error[1]
    assert shown(shared_server, run)["inputs"] == {}


def test_unknown_names_and_camel_case_are_read_as_in_every_request(
    shared_server: RunningServer, run: str
) -> None:
    entry = {"dataset": DATASET | {"unknown": 1}, "tags": [{"key": "k", "value": "v", "unknown": 1}]}
    assert post(shared_server, "runs/log-inputs", run_id=run, datasets=[entry], unknown=1).status == 200
    assert (
        post(shared_server, "runs/outputs", run_id=run, models=[{"model_id": "m", "step": "7"}]).status == 200
    )
    found = shown(shared_server, run)
    assert found["inputs"] == {"dataset_inputs": [{"tags": [{"key": "k", "value": "v"}], "dataset": DATASET}]}
    assert found["outputs"] == {"model_outputs": [{"model_id": "m", "step": 7}]}


def test_outputs_name_their_models(shared_server: RunningServer, run: str) -> None:
    assert (
        post(shared_server, "runs/outputs", run_id=run)
        .error[1]
        .startswith("Missing value for required parameter 'models'")
    )
    assert post(shared_server, "runs/outputs", run_id=run, models=[]).status == 200
    assert post(shared_server, "runs/outputs", run_id=run, models=[{"model_id": "m"}]).status == 200
    assert shown(shared_server, run)["outputs"] == {"model_outputs": [{"model_id": "m", "step": 0}]}


def test_a_model_is_told_as_json_text(shared_server: RunningServer, run: str) -> None:
    for text in (b'{"run_id": "%s"}' % run.encode(), b'{"run_id": "%s", "model_json": ""}' % run.encode()):
        answer = post_text(shared_server, "runs/log-model", text)
        assert answer.status == 400
        assert "required parameter 'model_json'" in answer.error[1]
    assert post(shared_server, "runs/log-model", run_id=run, model_json={"a": 1}).status == 400


# --- files ---------------------------------------------------------------------------------------


def upload(server: RunningServer, content: bytes, **query: str) -> Answer:
    return ask(server, "POST", UPLOAD, content, **query)


def listed(server: RunningServer, run: str) -> list[str]:
    return [
        file["path"]
        for file in ask(server, "GET", f"{API}/artifacts/list", run_id=run).json().get("files", [])
    ]


@pytest.mark.parametrize("name", ["run_uuid", "run_id"])
@pytest.mark.parametrize("prefix", [API, AJAX])
def test_a_file_is_uploaded_to_a_run_whatever_its_kind_is_called(
    shared_server: RunningServer, run: str, name: str, prefix: str
) -> None:
    for kind in ("application/json", "application/x-www-form-urlencoded", "image/png"):
        headers = {"Content-Type": kind}
        query = {name: run, "path": "plots/ä b.png"}
        answer = ask(shared_server, "POST", f"{prefix}/upload-artifact", kind.encode(), headers, **query)
        assert (answer.status, answer.kind, answer.content) == (200, "application/json", b"")
        read = ask(shared_server, "GET", "/get-artifact", run_id=run, path="plots/ä b.png")
        assert read.content == kind.encode()
    assert listed(shared_server, run) == ["plots"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"path": "a"}, "Request must specify run_uuid."),
        ({"run_uuid": "", "path": "a"}, "Request must specify run_uuid."),
        ({"run_uuid": "RUN"}, "Request must specify path."),
        ({"run_uuid": "RUN", "path": "../a"}, "Invalid path"),
        ({"run_uuid": "RUN", "path": "/etc/a"}, "Invalid path"),
        ({"run_uuid": "RUN", "path": "a\\b"}, "Invalid path"),
        ({"run_uuid": "RUN", "path": "a/"}, "must end with the file's name"),
        ({"run_uuid": "RUN", "path": "."}, "must end with the file's name"),
    ],
)
def test_an_upload_needs_a_run_and_a_path_within_it(
    shared_server: RunningServer, run: str, query: dict[str, str], message: str
) -> None:
    answer = upload(shared_server, b"x", **{k: v.replace("RUN", run) for k, v in query.items()})
    assert answer.status == 400
    assert message in answer.error[1]
    assert listed(shared_server, run) == []


def test_an_upload_to_no_run_is_refused(shared_server: RunningServer) -> None:
    answer = upload(shared_server, b"x", run_uuid="0" * 32, path="a")
    assert (answer.status, answer.error[0]) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_an_upload_has_one_byte_to_ten_megabytes(shared_server: RunningServer, run: str) -> None:
    assert upload(shared_server, b"", run_uuid=run, path="a").error[1] == "Request must specify data."
    whole = b"x" * (10 << 20)
    assert upload(shared_server, whole, run_uuid=run, path="whole").status == 200
    too_large = "Artifact size is too large. Max size is 10MB."
    assert upload(shared_server, whole + b"x", run_uuid=run, path="more").error == (
        "INVALID_PARAMETER_VALUE",
        too_large,
    )
    assert listed(shared_server, run) == ["whole"]


def test_an_upload_of_undeclared_length_is_bounded_too(shared_server: RunningServer, run: str) -> None:
    pieces = (b"x" * (1 << 20) for _ in range(11))
    connection = connect(shared_server)
    connection.request("POST", f"{UPLOAD}?run_uuid={run}&path=more", pieces, encode_chunked=True)
    assert connection.getresponse().status == 400
    connection.close()
    assert listed(shared_server, run) == []


def test_an_upload_is_a_post(shared_server: RunningServer) -> None:
    assert ask(shared_server, "GET", UPLOAD).status == 405
