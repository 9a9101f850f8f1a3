"""Values as the command line writes them."""

import math
import time
from pathlib import Path

import click
import pytest

from runstone.cli import texts
from runstone.cli.env_file import read_env_file


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (-0.5, "-0.5"),
        (3.0, "3"),
        (123456789.0, "123456789"),
        (1e15, "1e+15"),
        (0.123456789, "0.12346"),
        (1.23456e-9, "1.2346e-09"),
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
    ],
)
def test_a_number_has_the_digits_that_a_table_has_room_for(value: float, shown: str) -> None:
    assert texts.number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0.1 + 0.2, "0.30000000000000004"), (2.0, "2.0"), (math.inf, "Infinity")]
)
def test_an_exact_number_has_all_its_digits(value: float, shown: str) -> None:
    assert texts.exact(value) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (None, ""),
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (99_949, "99.9 kB"),
        (99_951, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (10**16, "10.0 PB"),
        (10**19, "10000 PB"),
    ],
)
def test_a_size_has_the_unit_that_suits_it(count: int | None, shown: str) -> None:
    assert texts.size(count) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.4, "now"),
        (59.9, "59 s ago"),
        (60, "1 min ago"),
        (7_199, "1 hour ago"),
        (7_200, "2 hours ago"),
        (86_400 * 3, "3 days ago"),
        (-7_200, "in 2 hours"),
    ],
)
def test_a_time_is_told_as_how_long_ago_it_was(seconds: float, shown: str) -> None:
    now = 1_700_000_000.0
    assert texts.ago(round((now - seconds) * 1_000), now) == shown


def test_what_is_long_ago_is_told_by_its_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert texts.ago(1_600_000_000_000, 1_700_000_000.0) == "2020-09-13"
        assert texts.local(1_600_000_000_000) == "2020-09-13 21:26:40"
        assert texts.when(1_600_000_000_000) == "2020-09-13 21:26:40"
        assert texts.utc(1_600_000_000_007) == "2020-09-13T12:26:40.007Z"
    finally:
        monkeypatch.undo()
        time.tzset()
    assert (texts.ago(None), texts.local(None), texts.when(0), texts.utc(None)) == ("", "", "", "")


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (0, "0 ms"),
        (-5, "0 ms"),
        (999, "999 ms"),
        (1_000, "1.0 s"),
        (9_960, "10 s"),
        (59_400, "59 s"),
        (59_999, "1 min 00 s"),
        (247_000, "4 min 07 s"),
        (3_599_900, "1 h 00 min"),
        (7_500_000, "2 h 05 min"),
        (200_000_000, "2 d 07 h"),
    ],
)
def test_a_duration_has_its_two_largest_units(milliseconds: int, shown: str) -> None:
    start = 1_700_000_000_000
    assert texts.duration(start, start + milliseconds) == shown
    assert texts.duration(start, None) == texts.duration(None, start) == ""


def test_control_characters_become_visible() -> None:
    assert texts.visible("a\tb\nc\x1b[31md\x9b\u202e\x7f") == "a\\tb\\nc\\x1b[31md\\x9b\\u202e\\x7f"
    assert texts.visible("naïve 日本語 🙂") == "naïve 日本語 🙂"


def test_only_ids_that_were_made_are_shortened() -> None:
    assert texts.short_id("0123456789abcdef" * 2) == "01234567"
    assert texts.short_id("my-own-id-of-the-run") == "my-own-id-of-the-run"


# --- files of variables ---------------------------------------------------------------------------


def test_a_file_of_variables_is_read(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(
        "\ufeff# a comment\n\n"
        "PLAIN=http://host:1/#/x  # the rest is no value\n"
        "  export SPACED = a b \n"
        "SINGLE='a\\n$X # \"'\n"
        'DOUBLE="a\\n\\t\\"\\\\ # é" # said\n'
        "EMPTY=\nQUOTED=''\nLATER=1\nLATER=2\nEQUAL=a=b\nHASH=a#b\n",
        encoding="utf-8",
    )
    assert read_env_file(str(file)) == {
        "PLAIN": "http://host:1/#/x",
        "SPACED": "a b",
        "SINGLE": 'a\\n$X # "',
        "DOUBLE": 'a\n\t"\\ # é',
        "EMPTY": "",
        "QUOTED": "",
        "LATER": "2",
        "EQUAL": "a=b",
        "HASH": "a#b",
    }


@pytest.mark.parametrize("line", ["nonsense", "=x", "A B=c", "1A=b", "A='b", 'A="b', "A='b'c", "a-b=c"])
def test_a_line_that_sets_nothing_is_named_without_what_it_holds(tmp_path: Path, line: str) -> None:
    (tmp_path / ".env").write_text(f"A=1\n{line}\n")
    with pytest.raises(click.UsageError, match=r"^Line 2 of '.*\.env' is not of the form NAME=VALUE\.$"):
        read_env_file(str(tmp_path / ".env"))


def test_a_file_of_variables_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(click.UsageError, match="nowhere' cannot be read: No such file"):
        read_env_file(str(tmp_path / "nowhere"))
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(click.UsageError, match="it is not UTF-8"):
        read_env_file(str(tmp_path / "binary"))
