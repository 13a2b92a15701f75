"""What the templates show, put together from records and definitions."""
