"""The routes, by what they are about."""

from pipeline.audit.routes import (
    accounts,
    claims,
    desk,
    document,
    edits,
    figures,
    glyphs,
    lists,
    pictures,
    proposals,
    search,
    sign_in,
    strips,
    structure,
    teaching,
    teaching_draft,
)

ROUTERS = (
    sign_in.router,
    desk.router,
    document.router,
    edits.router,
    claims.router,
    structure.router,
    pictures.router,
    strips.router,
    glyphs.router,
    search.router,
    figures.router,
    proposals.router,
    lists.router,
    teaching.router,
    teaching_draft.router,
    accounts.router,
)
