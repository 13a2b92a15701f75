"""Pictures of pages as scanned, for the audit page: tiles to zoom into, crops of fields, single characters."""

from pipeline.audit.pictures.pictures import MEDIA_TYPE, Pictures
from pipeline.audit.pictures.pyramid import PageInfo

__all__ = ["MEDIA_TYPE", "PageInfo", "Pictures"]
