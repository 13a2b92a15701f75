"""A store to which something happens again and again: documents come, change, are read again and go."""

from __future__ import annotations

import random

from pipeline.reading.calibration import fit
from pipeline.records import ClaimReference, Evidence, FieldStatus, FieldValue, Record
from pipeline.scanned import FileStat, ReadDocument
from pipeline.store import Store
from tests.support.folders import Folders, record_of, save

CALIBRATION = fit([])
UNITS = ("济宁高新区养护中心", "济宁高新区养扩中心", "济宁高新区税务局", "山东公用集团", "山东公用集困", "任城区教育局")
PROJECTS = ("社区环境卫生整治", "养蜂技术推广", "图书捐赠", "读书角建设", "图书捐增")
NOBODY = ("", "党支部")
DAYS = ("2019-06-18", "2019-03-01", "2019-09-30", "2019年")
PLACES = ("科苑社区", "永丰社区")
PEOPLE = ("370811198003154510", "370883196911142436", "370811199001011234")
_CORRECTED = {
    "employer": (*UNITS, *NOBODY),
    "service_unit": UNITS,
    "id_number": PEOPLE,
    "report_date": DAYS,
    "service_date": DAYS,
}


class Life:
    """A store to which something happens again and again."""

    def __init__(self, seed: int, folders: Folders, store: Store) -> None:
        self.chance, self.folders, self.store = random.Random(seed), folders, store
        self.made = 0
        self.live: list[Record] = []

    def happen(self) -> None:
        deeds = [self.arrive, self.arrive, self.arrive, self.correct, self.read_again, self.remove]
        deeds += [self.replace, self.copy, self.lose_copy, self.mark, self.decide]
        self.chance.choice(deeds if self.live else [self.arrive])()

    def arrive(self) -> None:
        self.made += 1
        stat = self.folders.put(f"{self.chance.randrange(1000)}_{self.made}.jpg", str(self.made))
        self.live.append(save(self.store, stat, record=self._record(stat)))

    def correct(self) -> None:
        record = self.chance.choice(self.live)
        path = self.chance.choice([p for p in record.fields if p in _CORRECTED] or [""])
        if path:
            new = self.chance.choice(_CORRECTED[path])
            self.store.correct(record.document_id, path, new, "李核对", self._revision(record))

    def read_again(self) -> None:
        record = self.chance.choice(self.live)
        stat = self.folders.stat(record.files[0])
        again = self._record(stat, record.doc_type)
        save(self.store, stat, record=again)

    def remove(self) -> None:
        gone = self.live.pop(self.chance.randrange(len(self.live)))
        self.store.remove_documents([gone.document_id])

    def replace(self) -> None:
        old = self.live.pop(self.chance.randrange(len(self.live)))
        self.arrive()
        new = self.live[-1]
        self.store.save_documents(
            [ReadDocument(new)], files=[self.folders.stat(new.files[0])], supersedes={old.document_id: new.document_id}
        )

    def copy(self) -> None:
        record = self.chance.choice(self.live)
        content = (self.folders.scans / record.files[0]).read_bytes()
        self.store.save_duplicate(self.folders.put(f"copy_{self.chance.randrange(3)}.jpg", content), record.document_id)

    def lose_copy(self) -> None:
        self.store.forget_file(f"copy_{self.chance.randrange(3)}.jpg")

    def mark(self) -> None:
        if len(self.live) > 1:
            one, other = self.chance.sample(self.live, 2)
            self.store.mark_duplicate(one.document_id, other.document_id, "李核对", self._revision(one))
            if self.chance.random() < 0.5:
                self.store.unmark_duplicate(one.document_id, "李核对")
            else:
                self.live.remove(one)

    def decide(self) -> None:
        served = [r for r in self.live if r.doc_type == "service_feedback"]
        if served:
            record = self.chance.choice(served)
            project = str(record.fields["project"].value)
            claim = self._claim() if self.chance.random() < 0.6 else None
            self.store.assign_claim(record.document_id, project, claim, "李核对", self._revision(record))

    def _claim(self) -> ClaimReference | None:
        """One that some document makes, under the names that stand there."""
        claiming = [r for r in self.live if r.doc_type == "member_registration"]
        if not claiming:
            return None
        record = self.chance.choice(claiming)
        said = {key: str(value.value or "") for key, value in record.fields.items()}
        project = said["claimed_projects"].split("、")[0]
        return ClaimReference(record.document_id, 0, project, project, said["employer"], said["community"])

    def _revision(self, record: Record) -> int:
        found = self.store.stored_document(record.document_id)
        assert found is not None
        return found.revision

    def _record(self, stat: FileStat, doc_type: str = "") -> Record:
        pick = self.chance.choice
        doc_type = doc_type or pick(("member_registration", "member_registration", "service_feedback", "item_list"))
        values = {
            "member_registration": {
                "name": pick(("王建国", "李芳", "张伟")), "id_number": pick(PEOPLE),
                "employer": pick((*UNITS, *NOBODY)), "community": pick(PLACES),
                "claimed_projects": "、".join(self.chance.sample(PROJECTS, 2)),
                "report_date": pick(DAYS),
            },
            "service_feedback": {
                "service_unit": pick(UNITS), "community": pick(PLACES), "project": pick(PROJECTS),
                "service_date": pick(DAYS),
            },
            "item_list": {"list_kind": "project", "community": pick(PLACES)},
        }[doc_type]  # fmt: skip
        record = record_of(doc_type, stat, **values)
        if doc_type == "item_list":
            record.rows = [{"item": record_of("item_list", stat, item=pick(PROJECTS)).fields["item"]}]
        for _, value in record.all_fields():
            self._doubt(value)
        return record

    def _doubt(self, value: FieldValue) -> None:
        value.evidence = Evidence("open", weakest=0.6, mean=0.8, length=9, margin=1.0, doubt=False, known=False)
        value.confidence, value.status = CALIBRATION.probability(value.evidence), FieldStatus.REVIEW
