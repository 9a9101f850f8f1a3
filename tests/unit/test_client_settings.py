"""Settings of the connection that are refused before anything is sent."""

import pytest

from runstone import Client
from runstone.client.connection import Connection
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
