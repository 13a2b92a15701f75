"""A definition tried on sample scans: the records it gives, without anything being stored."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from pipeline.definitions import FormDefinition
from pipeline.flow import ReadPage, Tools, read_document
from pipeline.records import Arrangement, Record


def try_definition(form: FormDefinition, pages: Sequence[ReadPage], tools: Tools) -> list[Record]:
    """What ``form`` makes of pages that have been read, taken as copies of that form whatever their titles say.

    A copy is each file, up to the form's ``max_pages`` at a time. Pages are read once (``scans.fully_read``) and may be
    tried again and again: a changed definition costs the decoding of its values only.
    """
    groups: list[list[ReadPage]] = []
    for page in pages:
        if not groups or groups[-1][0].file != page.file or len(groups[-1]) >= form.max_pages:
            groups.append([])
        groups[-1].append(page)
    own = dataclasses.replace(tools, forms={**tools.forms, form.type: form})
    records = []
    for group in groups:
        hashes = {page.file: page.file for page in group}
        whole = Arrangement("sample", tuple((page.file, page.number) for page in group), form.type)
        records.append(read_document(list(group), hashes, own, whole))
    return records
