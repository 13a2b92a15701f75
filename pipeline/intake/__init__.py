"""From the drop folder to page images: listing, grouping, decoding, quarantine. Knows nothing of forms."""
