"""The office's lists: names and spellings that people's corrections suggest."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from pipeline.audit.guard import needs, user_of
from pipeline.audit.rendering import go, page
from pipeline.batch.office_lists import add_to_list, dismiss_suggestion, suggestions
from pipeline.store import NotFoundError, Role

router = APIRouter()
_Text = Annotated[str, Form(max_length=200)]


@router.get("/lists")
@needs(Role.REVIEWER)
def show_lists(request: Request) -> Response:
    desk = request.app.state.desk
    titles = {
        f.dictionary: f.title
        for form in desk.rules.forms.values()
        for f in (*form.fields, *form.row_fields)
        if f.dictionary
    }
    offered = suggestions(desk.store, desk.rules.forms, desk.rules.dictionaries)
    return page(request, "lists", offered=offered, titles=titles)


@router.post("/lists/add")
@needs(Role.REVIEWER)
def add(request: Request, dictionary: _Text, name: _Text, alias: _Text = "") -> Response:
    desk = request.app.state.desk
    if dictionary not in desk.rules.dictionaries:
        raise NotFoundError("没有这份名录。请刷新后重试。")
    add_to_list(desk.settings, dictionary, name, alias or None)
    desk.store.audit("list_extended", user_of(request).name, dictionary=dictionary)
    desk.reload_rules()
    desk.exporter.changed()
    return go("/lists")


@router.post("/lists/dismiss")
@needs(Role.REVIEWER)
def dismiss(request: Request, dictionary: _Text, name: _Text, alias: _Text = "") -> Response:
    desk = request.app.state.desk
    dismiss_suggestion(desk.store, dictionary, name, alias or None)
    return go("/lists")
