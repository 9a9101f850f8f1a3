"""What is shown of a URL."""

import pytest

from runstone.urls import without_secrets


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://host:5000/a@b/c", "https://host:5000/a@b/c"),
        ("https://[::1]:5000/a@b", "https://[::1]:5000/a@b"),
        ("https://me@host/a?token=x#y", "https://host/a"),
        ("https://me:pw@host:1", "https://host:1"),
        ("https://me:p@w@host", "https://host"),
        ("https://me:p/w?#\n@host/a", "https://host/a"),
        ("postgresql+psycopg2://me:pw@host/runs", "postgresql+psycopg2://host/runs"),
        ("//me:pw@host", "//host"),
        ("s3://bucket/key", "s3://bucket/key"),
        ("/a/path/x@y", "/a/path/x@y"),
        ("", ""),
    ],
)
def test_a_url_is_shown_without_what_may_be_secret(url: str, shown: str) -> None:
    assert without_secrets(url) == shown
