"""An office with two forms that have nothing to do with 双报到, taught from one blank scan each."""

from __future__ import annotations

import os
import shutil

import pytest
from teaching_office import ROOT, SAMPLES, TAUGHT, Office, truth


@pytest.fixture(scope="session")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The office with both definitions as drafted from the blanks, as nobody has touched them."""
    for name in [n for n in os.environ if n.upper().startswith("PIPELINE_")]:
        del os.environ[name]
    office = Office(tmp_path_factory.mktemp("office"))
    shutil.copytree(ROOT / "models" / "forms", office.forms)
    shutil.copytree(ROOT / "models" / "dictionaries", office.root / "dictionaries")
    folders = f'[folders]\nforms = "{office.forms}"\ndictionaries = "{office.root / "dictionaries"}"\n'
    office.config.write_text(folders, encoding="utf-8")
    office.scans.mkdir()
    for name, title in TAUGHT.items():
        result = office.command("forms", "draft", SAMPLES / f"{title}_空白.jpg", "-o", office.forms / f"{name}.yaml")
        assert result.code == 0, result.err
    return office


@pytest.fixture(scope="session")
def office(drafted: Office) -> Office:
    """The office after a person put a list behind one field, and a batch read two copies of each form."""
    path = drafted.forms / "device_loan.yaml"
    text = path.read_text(encoding="utf-8")
    plain = "title: 借用部门, type: text"
    assert plain in text
    path.write_text(text.replace(plain, "title: 借用部门, type: dictionary, dictionary: departments"), encoding="utf-8")
    lists = drafted.root / "dictionaries" / "departments.csv"
    lists.write_text(
        "name,aliases\n办公室,\n财务科,\n信息中心,\n后勤保障部,\n人事科,\n宣传科,\n工程部,\n", encoding="utf-8"
    )
    for entry in truth():
        for file in entry["files"]:
            shutil.copy(SAMPLES / file, drafted.scans / file)
    result = drafted.run()
    assert result.code == 0, result.err
    return drafted
