"""Writes the sample scans of the two taught forms: ``python -m tests.teaching.make_samples`` (needs the fonts)."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image

from tests.synthesis.taught import draw
from tests.synthesis.taught_specs import CLINIC_VISIT, DEVICE_LOAN

SAMPLES = Path(__file__).parent / "samples"
_FORMS = ((DEVICE_LOAN, "ruled", 11), (CLINIC_VISIT, "blanks", 23))


def main() -> None:
    SAMPLES.mkdir(exist_ok=True)
    truth = []
    for spec, layout, look in _FORMS:
        for n, (name, hand) in enumerate((("空白", "pen_running"), ("甲", "pen_running"), ("乙", "pen_fine"))):
            blank = n == 0
            drawn = draw(
                spec, layout, (look, n), blank=blank, hand=hand, profile="flatbed", group="heldout", look=(look,)
            )
            file = f"{spec.title}_{name}.jpg"
            Image.fromarray(drawn.image).save(SAMPLES / file, quality=55, dpi=(drawn.dpi, drawn.dpi))
            if not blank:
                truth.append({"files": [file], "form": spec.name, "values": drawn.values})
    text = json.dumps(truth, ensure_ascii=False, indent=1)
    (SAMPLES / "truth.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
