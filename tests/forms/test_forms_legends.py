"""The legends of the seals on the sample scans, unrolled and read for real."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rapidfuzz import fuzz

from pipeline.flow import Tools, upright_layout
from pipeline.forms.seals import find_seals
from pipeline.intake.pages import read_pages
from pipeline.reading.crops import unroll_legend
from pipeline.settings import Settings
from tests.support.truth import SAMPLES

SCANS = Path(__file__).resolve().parents[2] / "scans"


def test_most_legends_name_the_unit_or_the_community_of_the_document(tools: Tools, settings: Settings) -> None:
    likeness = []
    for sample in SAMPLES:
        named = [
            str(sample["fields"][key])
            for key in ("community", "employer", "unit_name", "party_a", "party_b")
            if key in sample["fields"]
        ]
        for name in sample["files"]:
            for page in read_pages(SCANS / name, name, settings.limits):
                sheet = upright_layout(page, tools.engine).sheet
                for seal in find_seals(sheet):
                    line = unroll_legend(sheet, (seal.x, seal.y), seal.radius, red=seal.red)
                    assert line.dtype == np.uint8
                    assert line.shape[1] > 5 * line.shape[0]
                    text = tools.engine.recognise([line])[0].text
                    likeness.append(max(fuzz.partial_ratio(unit, text) for unit in named))
    assert len(likeness) >= 10
    assert np.mean(np.array(likeness) > 70) >= 0.6
