"""The command line: results on stdout, words for people on stderr."""

from smilecurve.app.cli.main import main

__all__ = ["main"]
