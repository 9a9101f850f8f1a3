"""Data whose digests, schemas and profiles MLflow computed once (`recorded.json`; `record.py` writes it).

Each case is a text that makes the data, with numpy as `np`, pandas as `pd` and `datetime`, so that both sides make the
same. MLflow 3.17.2 recorded them with pandas 3.1.1 and numpy 2.4.6.
"""

import datetime
from typing import Any

FRAMES = {
    "texts and numbers": "pd.DataFrame([['tom', 10, 1.5, True], ['nick', 15, 0, False]], columns=['n', 'a', 's', 'o'])",
    "numbers alone": "pd.DataFrame({'x': np.arange(20.0), 'y': np.arange(20)})",
    "empty": "pd.DataFrame()",
    "columns without rows": "pd.DataFrame({'a': [], 'b': pd.Series([], dtype='int64')})",
    "missing numbers": "pd.DataFrame({'a': [1.0, None, 3.0], 'b': [1, 2, 3]})",
    "missing texts": "pd.DataFrame({'a': ['x', None, 'z'], 'b': ['x', 'y', 'z']})",
    "nothing but missing": "pd.DataFrame({'a': [None, None]}, dtype='object')",
    "other characters": "pd.DataFrame({'ключ': ['é', '日本', '𝕏'], 'b c': ['', ' ', 'x']})",
    "names that are numbers": "pd.DataFrame([[1, 2.5], [3, 4.5]])",
    "an index": "pd.DataFrame({'a': [1, 2]}, index=['x', 'y'])",
    "small types": (
        "pd.DataFrame({t: np.array([1, 0], dtype=t) for t in ('int8', 'uint8', 'int16', 'int32', 'uint32', "
        "'int64', 'float32', 'float64', 'bool')})"
    ),
    "a type without a name in schemas": "pd.DataFrame({'a': np.array([1, 2], dtype='uint64')})",
    "half precision": "pd.DataFrame({'a': np.array([1, 2], dtype='float16')})",
    "times": "pd.DataFrame({'t': pd.to_datetime(['2020-01-01', '2021-02-03']), 'a': [1, 2]})",
    "times with a zone": "pd.DataFrame({'t': pd.to_datetime(['2020-01-01', '2021-02-03'], utc=True)})",
    "dates": "pd.DataFrame({'t': [datetime.date(2020, 1, 1), None]})",
    "durations": "pd.DataFrame({'t': pd.to_timedelta([1, 2], unit='s'), 'a': [1, 2]})",
    "categories": "pd.DataFrame({'c': pd.Categorical(['a', 'b', 'a']), 'a': [1, 2, 3]})",
    "nullable types": (
        "pd.DataFrame({'i': pd.array([1, None], dtype='Int64'), 'b': pd.array([True, None], dtype='boolean'), "
        "'f': pd.array([1.5, None], dtype='Float64'), 's': pd.array(['x', None], dtype='string')})"
    ),
    "bytes": "pd.DataFrame({'b': [b'x', b'yz']})",
    "mixed": "pd.DataFrame({'m': ['x', 1, 2.5], 'a': [1, 2, 3]})",
    "numbers as objects": "pd.DataFrame({'m': pd.Series([1, 2, 3], dtype='object')})",
    "lists": "pd.DataFrame({'l': [['a', 'b'], [], None], 'n': [[1, 2], [3], [4]]})",
    "lists of lists": "pd.DataFrame({'l': [[[1.5], [2.5, None]], [[]]]})",
    "lists of different things": "pd.DataFrame({'l': [['a', 1]]})",
    "arrays": "pd.DataFrame({'l': [np.array([1.0, 2.0]), np.array([3.0])]})",
    "empty arrays": "pd.DataFrame({'l': [np.array([]), np.array([])]})",
    "dicts": "pd.DataFrame({'d': [{'b': 1, 'a': 'x'}, {'b': 2, 'c': [1.5]}]})",
    "dicts within dicts": "pd.DataFrame({'d': [{'a': {'b': 1, 'c': None}}, {'a': {'b': 2, 'c': 'x'}}]})",
    "dicts of different things": "pd.DataFrame({'d': [{'a': 1}, {'a': 'x'}]})",
    "sets": "pd.DataFrame({'s': [{1, 2}], 'a': [1]})",
    "more rows than are hashed": "pd.DataFrame({'x': np.arange(12_345), 't': [str(n) for n in range(12_345)]})",
    "complex numbers": "pd.DataFrame({'z': np.array([1 + 2j, 3 - 1j])})",
}

ARRAYS = {
    "one dimension": "np.arange(5)",
    "three dimensions": "np.arange(24.0).reshape(2, 3, 4)",
    "not in order": "np.arange(12.0).reshape(3, 4).T",
    "no elements": "np.zeros((0, 3))",
    "no dimensions": "np.array(3.5)",
    "truths": "np.array([True, False, True])",
    "texts": "np.array(['a', 'bc', 'ключ'])",
    "bytes": "np.array([b'a', b'bc'])",
    "objects": "np.array(['a', None, 1.5], dtype=object)",
    "lists as objects": "np.array([[1], [1, 2], None], dtype=object)",
    "other endianness": "np.arange(5, dtype='>i4')",
    "times": "np.array(['2020-01-01', 'NaT'], dtype='datetime64[D]')",
    "durations": "np.array([1, 2], dtype='timedelta64[s]')",
    "complex numbers": "np.array([1 + 2j, 3 - 1j])",
    "small complex numbers": "np.array([1 + 2j, 3 - 1j], dtype='complex64')",
    "odd numbers": "np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, 5e-324])",
    "more elements than are hashed": "np.arange(12_345, dtype='int16').reshape(5, -1)",
    "names": "{'b': np.arange(3), 'a': np.ones((2, 2))}",
    "no names": "{}",
    **{
        f"type {kind}": f"np.arange(3, dtype='{kind}')"
        for kind in ("int8", "uint16", "float16", "float32", "uint64")
    },
}

TARGETS = {"one dimension": "np.array([1, 0])", "names": "{'t': np.array([1.5])}"}
"""Of some cases of ARRAYS."""


def make(text: str) -> Any:
    """The data of a case."""
    import numpy
    import pandas

    return eval(text, {"np": numpy, "pd": pandas, "datetime": datetime})


def facts(module: Any) -> dict[str, dict[str, Any]]:
    """What `module` (`mlflow.data`, or ours) says of every case: its digest, schema and profile, or that it refuses."""
    recorded: dict[str, dict[str, Any]] = {"frames": {}, "arrays": {}}
    for name, text in FRAMES.items():
        recorded["frames"][name] = _described(
            lambda text=text: module.from_pandas(make(text), source="x.csv")
        )
    for name, text in ARRAYS.items():
        targets = make(TARGETS[name]) if name in TARGETS else None
        recorded["arrays"][name] = _described(
            lambda text=text, targets=targets: module.from_numpy(make(text), source="x.npy", targets=targets)
        )
    return recorded


def _described(dataset: Any) -> Any:
    try:
        described = dataset().to_dict()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a refusal
        return f"refused: {str(error).splitlines()[0]}"
    return {name: described[name] for name in ("digest", "schema", "profile")}
