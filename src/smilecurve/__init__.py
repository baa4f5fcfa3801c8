"""Smilecurve: the open operations engine of makers of durable machines, from the line to the field and back."""

from __future__ import annotations

__version__ = "0.1.0"
