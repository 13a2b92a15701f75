"""Records to what the office works with: ``records.jsonl``, the registers, the feedback ledger.

One pass over the records feeds the collectors (:mod:`register`, :mod:`review`, :mod:`summary`,
:mod:`links`); each yields tables (:mod:`table`), which :mod:`sheet` and :mod:`package` write. Sheets and
columns follow the form definitions; nothing here names a field.
"""

from pipeline.ledgers.atomic import CannotWriteError, TargetInUseError
from pipeline.ledgers.export import RECORDS_FILE, Ledgers, output_names, write_all
from pipeline.ledgers.jsonl import write_records
from pipeline.ledgers.links import Claim, Matches, Pair, match_claims

__all__ = [
    "RECORDS_FILE",
    "CannotWriteError",
    "Claim",
    "Ledgers",
    "Matches",
    "Pair",
    "TargetInUseError",
    "match_claims",
    "output_names",
    "write_all",
    "write_records",
]
