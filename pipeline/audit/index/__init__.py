"""Every document at hand: the queue of doubts, facets, strips, look-alike characters, search."""

from pipeline.audit.index.index import Index
from pipeline.audit.index.nouns import Card, Doubt, Facet, Facets, FieldRef, Filter, GlyphRef, Hit, Page

__all__ = ["Card", "Doubt", "Facet", "Facets", "FieldRef", "Filter", "GlyphRef", "Hit", "Index", "Page"]
