"""Tracking URIs and settings of the connection that are refused before anything is sent."""

import traceback

import pytest

from runstone import Client
from runstone.client.connection import Connection
from runstone.client.transport import connect
from runstone.errors import InvalidParameterValue, UnsupportedOperation

URL = "https://127.0.0.1:9"


@pytest.mark.parametrize("name", ["MLFLOW_TRACKING_AUTH", "MLFLOW_TRACKING_AWS_SIGV4"])
def test_what_cannot_be_signed_is_not_sent(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "true")
    with pytest.raises(UnsupportedOperation, match=rf"^{name} asks for .*MLFLOW_TRACKING_TOKEN"):
        Client(URL)
    Connection(URL, anonymous=True).close()  # to another server than the tracking server
    monkeypatch.setenv(name, "")
    Client(URL).close()


def test_a_client_certificate_that_is_no_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_CLIENT_CERT_PATH", "nowhere.pem")
    with pytest.raises(InvalidParameterValue, match=r"CLIENT_CERT_PATH is 'nowhere\.pem', which is no file"):
        Client(URL)
    Connection(URL, anonymous=True).close()


@pytest.mark.parametrize(
    "uri", ["http://", "http:///path", "https://[half", "http://host:port:5000", "http://host:99999999"]
)
def test_a_url_that_is_none_is_refused_at_once(uri: str) -> None:
    with pytest.raises(InvalidParameterValue, match="tracking URI"):
        connect(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "http://me:secret@",
        "https://me:secret@[half",
        "http://me:secret@host:port",
        "http://me:se/cret@host",
        "http://me:se\u2100cret@host",  # whose compatible form has a slash in it
    ],
)
def test_a_password_in_a_url_that_is_none_is_not_shown(uri: str) -> None:
    with pytest.raises(InvalidParameterValue, match="tracking URI") as caught:
        connect(uri)
    shown = "".join(traceback.format_exception(caught.value)).partition("InvalidParameterValue")[2]
    assert "cret" not in shown
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("uri", ["databricks", "databricks://profile", "databricks-uc", "uc:https://x"])
def test_a_managed_mlflow_is_no_folder(uri: str) -> None:
    with pytest.raises(UnsupportedOperation, match="Databricks"):
        connect(uri)


def test_an_empty_uri_is_refused() -> None:
    with pytest.raises(InvalidParameterValue, match="empty"):
        connect("")


def test_settings_that_contradict_each_other_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_INSECURE_TLS", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", "/bundle.pem")
    with pytest.raises(InvalidParameterValue, match="MLFLOW_TRACKING_INSECURE_TLS"):
        connect("https://host")
