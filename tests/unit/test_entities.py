"""The values that Runstone records, and the rules of their names and numbers."""

import math
import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runstone import entities
from runstone.entities import (
    Dataset,
    DatasetInput,
    LifecycleStage,
    Metric,
    PagedList,
    Param,
    Run,
    RunData,
    RunInfo,
    RunStatus,
    RunTag,
    SourceType,
    ViewType,
)
from runstone.entities.artifact import check_artifact_path
from runstone.entities.metric import check_step, check_timestamp
from runstone.entities.names import (
    MAX_INT64,
    MIN_INT64,
    check_batch_size,
    check_experiment_name,
    check_key,
    check_length,
    check_run_id,
    check_text,
    experiment_number,
)
from runstone.entities.run_names import random_run_name
from runstone.errors import InvalidParameterValue

quick = settings(deadline=None, max_examples=100)


def refused(check: Callable[[], object]) -> bool:
    try:
        check()
    except InvalidParameterValue:
        return True
    return False


# --- names ------------------------------------------------------------------------------------


@quick
@given(st.text(max_size=30))
def test_a_key_that_is_taken_is_its_own_path_and_has_no_odd_characters(key: str):
    if refused(lambda: check_key(key)):
        return
    assert re.fullmatch(r"[/\w.\- :]+", key)
    assert not key.startswith("/")
    assert not {"", ".", ".."} & set(key.split("/"))


@pytest.mark.parametrize("key", ["loss", "val/loss", "a.b-c_d e:f", "ключ", "日本語", "٣", "k" * 250, "..."])
def test_ordinary_keys_are_taken(key: str):
    check_key(key)


@pytest.mark.parametrize(
    "key", ["", ".", "..", "/a", "a/", "a//b", "a/../b", "../a", "a\n", "a\0", "é\u0301", "k" * 251]
)
def test_keys_that_cannot_name_a_file_are_refused(key: str):
    assert refused(lambda: check_key(key))


def test_a_refused_key_is_named_with_what_it_was_for():
    with pytest.raises(InvalidParameterValue, match=r"Invalid value \"a=b\" for parameter 'name'"):
        check_key("a=b", parameter="name")
    with pytest.raises(InvalidParameterValue, match="'Param key' exceeds the maximum length of 250"):
        check_key("k" * 251, what="Param key")


@quick
@given(st.text(st.characters(), max_size=20))
def test_a_text_is_taken_exactly_if_utf8_can_carry_it_without_nul(text: str):
    def storable() -> bool:
        try:
            return b"\0" not in text.encode()
        except UnicodeEncodeError:
            return False

    assert refused(lambda: check_text(text, "value")) != storable()


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "é\udc80", "\ud83d\ude00"])
def test_half_a_surrogate_pair_is_no_text(text: str):
    with pytest.raises(InvalidParameterValue, match="surrogate"):
        check_text(text, "value")


def test_a_length_is_counted_in_characters():
    check_length("𝕏" * 10, 10, "value")
    with pytest.raises(InvalidParameterValue, match="'value' exceeds the maximum length of 10"):
        check_length("x" * 11, 10, "value")


@pytest.mark.parametrize("run_id", ["a", "0" * 32, "A-b_c", "r" * 256, "9é"])
def test_a_run_id_that_can_name_a_folder_is_taken(run_id: str):
    check_run_id(run_id)


@pytest.mark.parametrize("run_id", ["", "-a", "_a", ".", "..", "a/b", "a b", "a\n", "é", "r" * 257])
def test_a_run_id_that_cannot_name_a_folder_is_refused(run_id: str):
    assert refused(lambda: check_run_id(run_id))


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("007", 7), (str(MAX_INT64), MAX_INT64)])
def test_an_experiment_id_is_a_number(text: str, number: int):
    assert experiment_number(text) == number


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", " 1", "1 ", "1.0", "1_0", "x", "٣", str(MAX_INT64 + 1), "9" * 10_000]
)
def test_an_experiment_id_is_nothing_but_a_number(text: str):
    with pytest.raises(InvalidParameterValue, match="must be a valid integer"):
        experiment_number(text)


def test_the_name_of_an_experiment_has_one_to_five_hundred_characters():
    check_experiment_name("n" * 500)
    for name in ("", "n" * 501, "\0"):
        assert refused(lambda name=name: check_experiment_name(name))


@pytest.mark.parametrize(
    ("sizes", "taken"),
    [
        ((0, 0, 0), True),
        ((1_000, 0, 0), True),
        ((800, 100, 100), True),
        ((1_001, 0, 0), False),
        ((0, 101, 0), False),
        ((0, 0, 101), False),
        ((900, 50, 51), False),
    ],
)
def test_a_batch_is_limited_in_each_kind_and_in_all(sizes: tuple[int, int, int], taken: bool):
    assert refused(lambda: check_batch_size(*sizes)) != taken


def test_invented_names_are_two_words_and_a_number_and_fit():
    names = {random_run_name() for _ in range(500)}
    assert len(names) > 490
    assert all(re.fullmatch(r"[a-z]+-[a-z]+-[0-9]{1,3}", name) for name in names)


# --- numbers ----------------------------------------------------------------------------------


def test_a_timestamp_is_not_negative_and_fits_64_bits():
    for timestamp in (0, 1, MAX_INT64):
        check_timestamp("m", 1.0, timestamp)
    for timestamp in (-1, MIN_INT64, MAX_INT64 + 1):
        with pytest.raises(InvalidParameterValue, match="'timestamp'.*metric 'm'"):  # noqa: RUF043
            check_timestamp("m", 1.0, timestamp)


def test_a_step_fits_64_bits():
    for step in (MIN_INT64, -1, 0, MAX_INT64):
        check_step("m", 1.0, step)
    for step in (MIN_INT64 - 1, MAX_INT64 + 1):
        with pytest.raises(InvalidParameterValue, match="'step'.*metric 'm'"):  # noqa: RUF043
            check_step("m", 1.0, step)


# --- artifact paths ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("", ""),
        (".", ""),
        ("a", "a"),
        ("a/b/", "a/b"),
        ("a//b", "a/b"),
        ("./a/./b", "a/b"),
        ("...", "..."),
        ("a b#?%", "a b#?%"),
    ],
)
def test_an_artifact_path_has_a_normal_form(path: str, normal: str):
    assert check_artifact_path(path) == normal


@pytest.mark.parametrize(
    "path",
    ["/a", "..", "../a", "a/../b", "a/..", "C:/a", "c:\\a", "\\\\host\\a", "a\\b", "a\\..\\b", "a\0", "//a"],
)
def test_an_artifact_path_stays_inside_its_run(path: str):
    with pytest.raises(InvalidParameterValue, match="Invalid path"):
        check_artifact_path(path)


@quick
@given(st.text("ab./\\: \0C", max_size=12))
def test_an_artifact_path_that_is_taken_never_leaves_its_root(path: str):
    if refused(lambda: check_artifact_path(path)):
        return
    normal = check_artifact_path(path)
    assert not normal.startswith("/")
    assert ".." not in normal.split("/")
    assert check_artifact_path(normal) == normal


# --- kinds and values -------------------------------------------------------------------------


def test_a_status_has_a_name_and_a_number():
    for number, name in enumerate(("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"), start=1):
        assert RunStatus.from_string(name) == number == getattr(RunStatus, name)
        assert RunStatus.to_string(number) == name
        assert RunStatus.is_terminated(name) == RunStatus.is_terminated(number) == (number >= 3)
    for unknown in (0, 6):
        with pytest.raises(ValueError, match="not a run status"):
            RunStatus.to_string(unknown)
    with pytest.raises(ValueError, match="finished"):
        RunStatus.from_string("finished")


def test_a_source_type_has_a_name_and_a_number():
    for number, name in enumerate(("NOTEBOOK", "JOB", "PROJECT", "LOCAL", "UNKNOWN"), start=1):
        assert SourceType.from_string(name) == number == getattr(SourceType, name)
        assert SourceType.to_string(number) == name
    for unknown in (0, 6):
        with pytest.raises(ValueError, match="not a source type"):
            SourceType.to_string(unknown)
    with pytest.raises(ValueError, match="local"):
        SourceType.from_string("local")


def test_a_view_has_a_name_and_a_number():
    assert [ViewType.to_string(number) for number in (1, 2, 3)] == ["ACTIVE_ONLY", "DELETED_ONLY", "ALL"]
    for unknown in (0, 4):
        with pytest.raises(ValueError, match="not a view type"):
            ViewType.to_string(unknown)


def test_a_page_is_a_list_with_a_token():
    page = PagedList([1, 2], "next")
    assert page == [1, 2]
    assert page.token == "next"
    assert type(page.to_list()) is list
    assert (PagedList(), PagedList().token) == ([], None)


def run() -> Run:
    info = RunInfo("id", "0", "ann", "RUNNING", 1, None, LifecycleStage.ACTIVE, "file:///a", "name")
    return Run(info, RunData([Metric("m", math.inf, 5)], [Param("p", "1")], [RunTag("t", "2")]))


def test_the_data_of_a_run_are_dicts_by_key():
    data = run().data
    assert (data.metrics, data.params, data.tags) == ({"m": math.inf}, {"p": "1"}, {"t": "2"})
    assert data == run().data
    assert data != RunData()
    assert data != {"m": math.inf}


def test_entities_print_themselves_as_mlflows_do():
    assert repr(RunData()) == "<RunData: metrics={}, params={}, tags={}>"
    assert str(Param("lr", "0.1")) == "<Param: key='lr', value='0.1'>"
    text = repr(run())
    assert text.startswith(
        "<Run: data=<RunData: metrics={'m': inf}, params={'p': '1'}, tags={'t': '2'}>, info=<RunInfo: "
    )
    assert "run_id='id', run_name='name', start_time=1, status='RUNNING', user_id='ann'>" in text


def test_a_run_as_a_dict_is_plain():
    as_dict = run().to_dictionary()
    assert as_dict["data"] == {"metrics": {"m": math.inf}, "params": {"p": "1"}, "tags": {"t": "2"}}
    assert as_dict["info"]["run_id"] == run().info.run_uuid == "id"
    assert msgspec.json.encode(as_dict)


def test_an_input_without_tags_has_an_empty_list_of_them():
    dataset = Dataset("n", "d", "local", "{}")
    nothing: Any = None
    assert DatasetInput(dataset, nothing) == DatasetInput(dataset) == DatasetInput(dataset, [])
    assert DatasetInput(dataset).to_dictionary() == {"dataset": dataset.to_dictionary(), "tags": {}}
    assert DatasetInput(dataset, nothing).tags is not DatasetInput(dataset, nothing).tags


def test_values_are_frozen():
    with pytest.raises(AttributeError):
        run().info.status = "FINISHED"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Metric("m", 1.0, 0).value = 2.0  # type: ignore[misc]


def test_the_entities_that_are_told_of_are_there():
    assert entities.__all__ == sorted(entities.__all__)
    assert all(hasattr(entities, name) for name in entities.__all__)
