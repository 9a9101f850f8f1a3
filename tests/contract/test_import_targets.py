"""`runstone import` into databases of servers."""

from pathlib import Path

import pytest

from runstone import Client
from tests.compat.importing import stores
from tests.databases import SERVERS, fresh_database
from tests.imports import as_we_keep_it, imported, seen, without


@pytest.mark.parametrize("kind", SERVERS)
@pytest.mark.parametrize("name", ["folder-3", "sqlite-3"])
def test_a_database_of_a_server_takes_over_what_a_folder_does(
    name: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where the artifacts of such a store are kept
    with fresh_database(kind) as target, stores.source(name, tmp_path / "source") as uri:
        imported(uri, target)
        again = imported(uri, target)
        assert again["taken"]["unchanged_runs"] == 5
        with Client(target) as client:
            assert without(seen(client)) == without(as_we_keep_it(stores.told(name, tmp_path / "source")))
            highest = max(int(one.experiment_id) for one in client.search_experiments(view_type="ALL"))
            assert int(client.create_experiment("one more")) > highest
