"""Which claim a feedback document fulfils, said on the page: what is taken, what is refused, what is shown."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipeline.batch.exports import update_outputs
from pipeline.batch.matched import keep_matches
from pipeline.ledgers.census import Census
from pipeline.store import Served
from tests.audit.audit_site import ADMIN, CHINESE, CLERK, OTHER, Person, Site, serving


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving(tmp_path / "site") as served:
        match(served)
        yield served


def match(site: Site) -> None:
    """Match and keep what comes of it, as an export does."""
    rules, store = site.desk.rules, site.store
    census = Census(rules.forms, rules.dictionaries, store.claim_decisions())
    for record in store.records():
        census.add(record)
    keep_matches(store, census.matched)


def something(site: Site) -> Served:
    """The first thing served."""
    for document in site.documents():
        if found := site.store.served_of(document.record.document_id):
            return found[0]
    raise AssertionError("nothing was served")


def revision(site: Site, document: str) -> int:
    found = site.store.stored_document(document)
    assert found is not None
    return found.revision


def say(person: Person, site: Site, one: Served, number: str | None) -> httpx.Response:
    body = {"project": one.project, "number": number, "revision": revision(site, one.document_id)}
    return person.post(f"/documents/{one.document_id}/claim", json=body)


def state(person: Person, document: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.get(f"/documents/{document}/state", page=False).json()["served"]
    return found


def test_a_claim_is_chosen_shown_at_once_and_matched(site: Site) -> None:
    one, wanted = something(site), site.store.claims()[-1]
    with site.person(CLERK) as clerk:
        answer = say(clerk, site, one, wanted.number)
        assert answer.status_code == 200
        [shown, *_] = [s for s in answer.json()["served"] if s["project"] == one.project]
        assert (shown["claim"]["number"], shown["decided"], shown["waits"]) == (wanted.number, True, True)
        assert shown["why"] == "人工指定"
        assert site.desk.exporter.state.state in ("waiting", "running")
        match(site)
        assert site.store.served_of(one.document_id)[0].claim == wanted.number
        [after, *_] = state(clerk, one.document_id)
        assert (after["claim"]["number"], after["decided"], after["waits"]) == (wanted.number, True, False)
    assert site.store.claim_decisions() == {(one.document_id, one.project): wanted.reference}


def test_none_is_said_and_taken_back_by_somebody_else(site: Site) -> None:
    one = something(site)
    with site.person(CLERK) as clerk, site.person(OTHER) as other:
        assert say(clerk, site, one, None).status_code == 200
        match(site)
        assert site.store.served_of(one.document_id)[0].note == "人工确定：不对应任何认领"
        body = {"project": one.project, "revision": revision(site, one.document_id)}
        [shown, *_] = other.post(f"/documents/{one.document_id}/claim/withdraw", json=body).json()["served"]
        assert (shown["decided"], shown["waits"], shown["claim"]) == (False, True, None)
        match(site)
        assert site.store.served_of(one.document_id)[0] == one
        assert state(other, one.document_id)[0]["waits"] is False
        life = html.unescape(clerk.get(f"/documents/{one.document_id}/life").text)
    assert f"“{one.project}”对应的认领" in life
    assert "不对应任何认领" in life


def test_one_undoes_only_what_one_said_oneself(site: Site) -> None:
    one = something(site)
    with site.person(CLERK) as clerk, site.person(OTHER) as other:
        say(clerk, site, one, None)
        body = {"path": f">{one.project}", "revision": revision(site, one.document_id)}
        refused = other.post(f"/documents/{one.document_id}/withdraw", json=body)
        assert refused.status_code == 409
        assert CLERK in refused.json()["message"]
        assert clerk.post(f"/documents/{one.document_id}/withdraw", json=body).status_code == 200
    assert site.store.claim_decisions() == {}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"number": "R00000000"}, 404),
        ({"number": "x" * 81}, 422),
        ({"number": 7}, 422),
        ({"project": "没有这个项目"}, 404),
        ({"project": "长" * 20_001}, 422),
        ({"revision": 10**6}, 409),
        ({"revision": -1}, 422),
    ],
)
def test_what_is_refused_changes_nothing(site: Site, changes: dict[str, Any], status: int) -> None:
    one = something(site)
    body = {"project": one.project, "number": None, "revision": 1} | changes
    with site.person(ADMIN) as admin:
        answer = admin.post(f"/documents/{one.document_id}/claim", json=body)
    assert answer.status_code == status
    assert CHINESE.search(answer.json()["message"])
    assert (site.store.claim_decisions(), revision(site, one.document_id)) == ({}, 1)


def test_a_document_that_serves_nothing_has_no_panel(site: Site) -> None:
    member = next(d for d in site.documents() if d.record.doc_type == "member_registration").record.document_id
    one = something(site)
    with site.person(CLERK) as clerk:
        assert state(clerk, member) is None
        assert 'id="claims"' not in clerk.get(f"/documents/{member}").text
        assert 'id="claims"' in clerk.get(f"/documents/{one.document_id}").text
        for address in ("claim", "claim/withdraw"):
            body = {"project": "x", "number": None, "revision": revision(site, member)}
            assert clerk.post(f"/documents/{member}/{address}", json=body).status_code == 404


def test_claims_are_searched_for(site: Site) -> None:
    one, claims = something(site), site.store.claims(limit=10_000)
    assert len(claims) > 20
    with site.person(CLERK) as clerk:

        def found(**query: str) -> list[dict[str, str]]:
            answer = clerk.get(f"/documents/{one.document_id}/claims", page=False, params=query)
            assert answer.status_code == 200, answer.text
            shown: list[dict[str, str]] = answer.json()["claims"]
            return shown

        assert len(found(project=one.project)) == 20
        near = [c.community == one.community for c in claims]
        first = [c["community"] == one.community for c in found(project=one.project)]
        assert first == sorted(first, reverse=True)
        assert any(first) == any(near)
        wanted = claims[0]
        assert found(project=one.project, q=wanted.number.lower())[0]["number"] == wanted.number
        words = f"{wanted.by[:4]} {wanted.project[:2]}"
        assert wanted.number in [c["number"] for c in found(project=one.project, q=words)]
        assert found(project=one.project, q="没有这样的认领") == []
        assert clerk.get(f"/documents/{one.document_id}/claims?project=x", page=False).status_code == 404
        assert clerk.get(f"/documents/{one.document_id}/claims?q={'长' * 101}", page=False).status_code == 422


def test_an_export_keeps_what_it_shows(site: Site) -> None:
    one, store = something(site), site.store
    store.keep_claims([], [])
    store.assign_claim(one.document_id, one.project, None, CLERK, 1)
    assert update_outputs(store, site.desk.rules, site.settings).paths
    assert store.served_of(one.document_id)[0].note == "人工确定：不对应任何认领"
    assert store.claims()
