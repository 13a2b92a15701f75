"""Teaching a new form: a definition drafted from paper, checked, tried on samples and scored; no code for a form."""

from pipeline.teaching.checking import Finding, check_forms
from pipeline.teaching.draft import Draft, DraftField, DraftPage
from pipeline.teaching.drafting import draft_form
from pipeline.teaching.scans import fully_read, open_scans
from pipeline.teaching.scoring import Score, score_form
from pipeline.teaching.trying import try_definition
from pipeline.teaching.writing import draft_of, may_write, read_draft, write_draft

__all__ = [
    "Draft",
    "DraftField",
    "DraftPage",
    "Finding",
    "Score",
    "check_forms",
    "draft_form",
    "draft_of",
    "fully_read",
    "may_write",
    "open_scans",
    "read_draft",
    "score_form",
    "try_definition",
    "write_draft",
]
