"""The HTTP door: JSON under /api/v1, pages beside it."""
