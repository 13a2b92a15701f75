"""Records to what the office works with: ``records.jsonl``, the registers, the feedback ledger.

One pass over the records feeds the collectors (:mod:`register`, :mod:`review`, :mod:`summary`,
:mod:`links`); each yields tables (:mod:`table`), which :mod:`sheet` and :mod:`package` write. Sheets and
columns follow the form definitions; nothing here names a field.
"""
