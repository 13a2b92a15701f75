"""``calibrate``: how sure is sure, learnt from what an office's people found right or wrong."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.batch.calibrate import ENOUGH
from pipeline.batch.office import calibration_in_use
from pipeline.batch.tools import load_tools
from pipeline.reading.calibration import Calibration, load_calibration
from pipeline.records import DocumentStatus, Evidence, FieldStatus, Record
from pipeline.settings import ROOT
from tests.conftest import TODAY
from tests.support.command import Result, call
from tests.support.folders import Folders, record_of, save

Command = Callable[..., Result]

SHIPPED = load_calibration(ROOT / "models" / "calibration.json")
FIELDS = ("name", "employer", "position", "home_address")
OUTPUTS = ("records.jsonl", "双报到台账.xlsx", "服务反馈台账.xlsx")


def evidence_of(key: str, rng: np.random.Generator) -> Evidence:
    kind = "name" if key == "name" else "text"
    weakest = float(rng.uniform(0.5, 0.999))
    return Evidence(kind, weakest, weakest**0.5, 4, float(rng.uniform(2, 12)), doubt=False, known=True)


def document(folders: Folders, number: int, rng: np.random.Generator) -> Record:
    """A registration as a batch stores it, but for its statuses, which are all for review."""
    file = folders.put(f"{number:03}.jpg", str(number))
    record = record_of("member_registration", file, **dict.fromkeys(FIELDS, f"读成{number}"), phone="13812345678")
    for key in FIELDS:
        field = record.fields[key]
        field.evidence = evidence_of(key, rng)
        field.confidence = SHIPPED.probability(field.evidence)
        field.status = FieldStatus.REVIEW
    record.status = DocumentStatus.REVIEW
    return record


def filled(folders: Folders, looked_at: int, *, unseen: int = 10, right: float = 0.3) -> Folders:
    """Documents, ``looked_at`` of them gone through by a person who found a share of the fields ``right``."""
    rng = np.random.default_rng(looked_at)
    with folders.store() as store:
        for number in range(looked_at + unseen):
            record = document(folders, number, rng)
            save(store, *[folders.stat(f) for f in record.files], record=record)
            for revision, key in enumerate(FIELDS if number < looked_at else (), start=1):
                value = record.fields[key].value if rng.random() < right else f"实为{number}"
                store.correct(record.document_id, key, value, "李核对", revision)
    return folders


def confidences(folders: Folders) -> dict[tuple[str, str], float]:
    with folders.store() as store:
        return {(r.files[0], path): v.confidence for r in store.records() for path, v in r.all_fields()}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """Made once: every correction waits for the disk."""
    folders = filled(Folders(tmp_path_factory.mktemp("office")), looked_at=60)
    (folders.outputs / "calibration.json").write_text("{}", encoding="utf-8")
    assert call("calibrate", "--reset", "--outputs", folders.outputs).code == 0
    return folders


@pytest.fixture
def office(folders: Folders, template: Folders) -> Folders:
    """An office in which much less is right than the shipped calibration expects; outputs as ``run`` leaves them."""
    for copy, made in ((folders.scans, template.scans), (folders.outputs, template.outputs)):
        shutil.copytree(made, copy, dirs_exist_ok=True)
    return folders


def test_it_is_put_in_force_for_later_batches(command: Command, office: Folders) -> None:
    settings = office.settings(reading={"engine": "onnxruntime"})
    evidence = replace(evidence_of("employer", np.random.default_rng(1)), weakest=0.9)
    assert load_tools(settings, TODAY).knowledge.calibration.probability(evidence) == SHIPPED.probability(evidence)
    shown = command("calibrate", "--outputs", office.outputs)
    assert shown.code == 0
    assert "240" in shown.out
    assert "60 份文档" in shown.out
    kept = json.loads((office.outputs / "calibration.json").read_text(encoding="utf-8"))
    assert kept["examples"] == 240
    assert len(kept["date"]) == 10
    fitted = load_tools(settings, TODAY).knowledge.calibration
    assert fitted.probability(evidence) < SHIPPED.probability(evidence) - 0.2
    with office.store() as store:
        [entry] = store.audit_entries(action="calibrated")
        assert entry.detail["examples"] == 240


def test_what_was_read_is_judged_by_it(command: Command, office: Folders) -> None:
    before = confidences(office)
    shown = command("calibrate", "--outputs", office.outputs, "--json").json()
    fitted = load_calibration(office.outputs / "calibration.json")
    with office.store() as store:
        for record in store.records():
            for path, value in record.all_fields():
                if value.status is FieldStatus.CORRECTED or value.evidence is None:
                    assert value.confidence == before[record.files[0], path]
                else:
                    assert value.confidence == fitted.probability(value.evidence)
                    assert value.status is (FieldStatus.REVIEW if value.issues else FieldStatus.ACCEPTED)
    assert shown["rejudged"]["documents"] == 10  # those that nobody looked at
    exported = {r["source"]["files"][0]: r for r in office.records()}
    assert exported["065.jpg"]["fields"]["name"]["confidence"] < before["065.jpg", "name"]
    assert all("evidence" not in f and "as_read" not in f for r in office.records() for f in r["fields"].values())


def test_the_report_says_what_was_known_and_what_changes(command: Command, office: Folders) -> None:
    report = command("calibrate", "--outputs", office.outputs, "--dry-run", "--json").json()
    kinds = {row["kind"]: row for row in report["kinds"]}
    assert (kinds["name"]["examples"], kinds["text"]["examples"], kinds["date"]["examples"]) == (60, 180, 0)
    assert report["total"]["examples"] == 240
    assert 0.2 < report["total"]["right"] / 240 < 0.4
    assert kinds["date"]["error_fitted"] is None
    assert kinds["text"]["error_fitted"] < kinds["text"]["error_shipped"]
    assert kinds["text"]["fields"] == 210  # also those that nobody looked at
    assert kinds["text"]["accepted_fitted"] <= kinds["text"]["accepted_shipped"]
    shown = command("calibrate", "--outputs", office.outputs, "--dry-run")
    for words in ("姓名", "240", "校准误差", "达标字段", "试算"):
        assert words in shown.out


def test_a_trial_changes_nothing(command: Command, office: Folders) -> None:
    before = {name: (office.outputs / name).read_bytes() for name in OUTPUTS}, confidences(office)
    assert command("calibrate", "--outputs", office.outputs, "--dry-run").code == 0
    assert not (office.outputs / "calibration.json").exists()
    assert ({name: (office.outputs / name).read_bytes() for name in OUTPUTS}, confidences(office)) == before
    with office.store() as store:
        assert store.audit_entries(action="calibrated") == []


def test_calibrating_twice_changes_nothing_more(command: Command, office: Folders) -> None:
    command("calibrate", "--outputs", office.outputs)
    before = {name: (office.outputs / name).read_bytes() for name in (*OUTPUTS, "calibration.json")}
    shown = command("calibrate", "--outputs", office.outputs, "--json").json()
    assert shown["rejudged"]["documents"] == 0
    assert {name: (office.outputs / name).read_bytes() for name in before} == before


def test_reset_goes_back_to_what_was_shipped(command: Command, office: Folders) -> None:
    before = confidences(office), (office.outputs / "records.jsonl").read_bytes()
    command("calibrate", "--outputs", office.outputs)
    assert confidences(office) != before[0]
    shown = command("calibrate", "--reset", "--outputs", office.outputs)
    assert shown.code == 0
    assert "出厂" in shown.out
    assert not (office.outputs / "calibration.json").exists()
    assert (confidences(office), (office.outputs / "records.jsonl").read_bytes()) == before
    again = command("calibrate", "--reset", "--outputs", office.outputs)
    assert again.code == 0
    assert "没有改动" in again.out


def test_too_few_examples_are_refused_unless_forced(command: Command, folders: Folders) -> None:
    filled(folders, looked_at=5)
    before = confidences(folders)
    shown = command("calibrate", "--outputs", folders.outputs)
    assert (shown.code, shown.out) == (1, "")
    assert "20 个" in shown.err
    assert str(ENOUGH) in shown.err
    assert "--force" in shown.err
    assert confidences(folders) == before
    assert not (folders.outputs / "calibration.json").exists()
    assert command("calibrate", "--outputs", folders.outputs, "--dry-run").code == 0
    assert command("calibrate", "--outputs", folders.outputs, "--force").code == 0
    assert (folders.outputs / "calibration.json").is_file()


def test_without_any_example_even_force_is_refused(command: Command, folders: Folders) -> None:
    filled(folders, looked_at=0)
    with folders.store() as store:
        store.correct(next(store.records()).document_id, "phone", "0537", "李核对", 1)  # it has no evidence
    shown = command("calibrate", "--outputs", folders.outputs, "--force")
    assert shown.code == 1
    assert "核对" in shown.err
    assert "1 个没有识别依据" in shown.err
    assert command("calibrate", "--outputs", folders.outputs, "--dry-run").code == 0


def test_corrections_without_confirmations_are_remarked_on(command: Command, folders: Folders) -> None:
    filled(folders, looked_at=50, right=0.0)
    shown = command("calibrate", "--outputs", folders.outputs, "--dry-run")
    assert "正确的也要确认" in shown.out


@pytest.mark.parametrize("damage", ["other features", "half a file"])
def test_a_calibration_that_does_not_fit_is_not_used_and_said_so_once(
    command: Command, office: Folders, damage: str
) -> None:
    path = office.outputs / "calibration.json"
    command("calibrate", "--outputs", office.outputs)
    text = path.read_text(encoding="utf-8")
    data = json.loads(text)
    data["features"][-1] = "of_yesterday"
    path.write_text(json.dumps(data) if damage == "other features" else text[: len(text) // 2], encoding="utf-8")
    used = calibration_in_use(office.settings())
    assert not used.office
    assert isinstance(used.calibration, Calibration)
    empty = office.scans.parent / "empty"
    empty.mkdir()
    for name in ("--json", "--outputs"):  # with and without
        arguments = [name] if name == "--json" else []
        shown = command("run", "--scans", empty, "--outputs", office.outputs, *arguments)
        assert shown.code == 0
        assert shown.err.count("出厂校准") == 1
        assert "calibrate" in shown.err
    checks = {c["name"]: c for c in command("doctor", "--outputs", office.outputs, "--json").json()}
    assert checks["校准"]["state"] == "警告"
    command("calibrate", "--outputs", office.outputs)
    assert calibration_in_use(office.settings()).office
    assert "出厂校准" not in command("run", "--scans", empty, "--outputs", office.outputs).err


def test_documents_of_a_form_that_changed_are_left_alone(command: Command, office: Folders) -> None:
    with office.store() as store:
        file = office.put("old.jpg", "old")
        old = record_of("member_registration", file, of_an_older_definition="甲")
        old.fields["of_an_older_definition"].evidence = evidence_of("employer", np.random.default_rng(2))
        save(store, file, record=old)
        other = office.put("other.jpg", "other")
        save(store, other, record=record_of("unknown", other, 姓名="乙"))
    assert command("calibrate", "--outputs", office.outputs).code == 0
    with office.store() as store:
        assert store.record(old.document_id) == old
        found = next(r for r in store.records() if r.doc_type == "unknown")
        assert found.fields["姓名"].status is FieldStatus.ACCEPTED


@pytest.mark.parametrize("other", ["--dry-run", "--force"])
def test_reset_goes_with_nothing_else(command: Command, office: Folders, other: str) -> None:
    shown = command("calibrate", "--reset", other, "--outputs", office.outputs)
    assert shown.code == 2
    assert "--reset" in shown.err


def test_outputs_that_were_never_made(command: Command, tmp_path: Path) -> None:
    for arguments in ([], ["--dry-run"], ["--reset"]):
        shown = command("calibrate", "--outputs", tmp_path / "never", *arguments)
        assert shown.code == 2
        assert not (tmp_path / "never").exists()
