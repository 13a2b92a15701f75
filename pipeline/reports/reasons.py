"""What keeps documents in review, the costliest error first."""

from __future__ import annotations

from pipeline.definitions import FieldType, Forms
from pipeline.records import Code

KEY_TYPES = frozenset({FieldType.ID_NUMBER, FieldType.NAME, FieldType.PHONE, FieldType.USCC})
"""A wrong value in a field of these types is a wrong person or unit, or one that cannot be reached."""

COSTLIEST: tuple[str, ...] = tuple(
    code.value
    for code in (
        Code.ID_CHECKSUM,
        Code.ID_REGION,
        Code.ID_BIRTH_MISMATCH,
        Code.ID_GENDER_MISMATCH,
        Code.DUPLICATE_PERSON,
        Code.PHONE_FORMAT,
        Code.USCC_CHECKSUM,
        Code.REQUIRED_MISSING,
        Code.LOW_CONFIDENCE,
        Code.PAGE_MISSING,
        Code.UNREADABLE_PAGE,
        Code.UNKNOWN_DOCUMENT,
        Code.DUPLICATE_DOCUMENT,
        Code.DATE_IMPOSSIBLE,
        Code.DATE_IN_FUTURE,
        Code.DATE_ORDER,
        Code.CLAIM_WITHOUT_PROJECT,
        Code.FEEDBACK_WITHOUT_CLAIM,
        Code.NOT_IN_DICTIONARY,
        Code.SEAL_MISSING,
        Code.SIGNATURE_MISSING,
    )
)


def key_fields(forms: Forms) -> frozenset[str]:
    """The keys of all fields of :data:`KEY_TYPES`."""
    return frozenset(
        field.key for form in forms.values() for field in (*form.fields, *form.row_fields) if field.type in KEY_TYPES
    )


def cost(code: str, *, key_field: bool) -> tuple[bool, int]:
    """Sorts the costliest first: what concerns key fields, and of those alike the order of :data:`COSTLIEST`."""
    return not key_field, COSTLIEST.index(code) if code in COSTLIEST else len(COSTLIEST)
