from pathlib import Path

import pytest

from harmattan.sources.files import SourceError
from harmattan.sources.ucdp_registry import read_registry, registry_summary


def test_the_real_registry_names_the_dyads_of_jnim(shared: Path) -> None:
    table = read_registry(shared / "data" / "events" / "ucdp_dyad_registry.json")
    assert len(table) == 2076
    assert table.loc[15175, "name"] == "Government of Burkina Faso - JNIM"
    assert registry_summary(table)[1] == "dyads: 2076"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "a.json: is not JSON in UTF-8"),
        ('{"dyad_id": 1}', "a.json: expected a list of dyads; got dict"),
        ('[{"dyad_id": 1}]', "a.json: entry 0 is not a dyad: type is missing"),
        ("[7]", "a.json: entry 0 is not a dyad: dyad_id is missing"),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=message):
        read_registry(tmp_path / "a.json")
