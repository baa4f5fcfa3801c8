"""Write the table list of docs/glossary.md from the code; the words above it are written by hand."""

from __future__ import annotations

from pathlib import Path

from smilecurve.terms.event import KINDS
from smilecurve.terms.tables import TABLES

GLOSSARY = Path(__file__).resolve().parents[1] / "docs" / "glossary.md"
MARK = "<!-- written by scripts/glossary.py from here on -->"


def main() -> None:
    """Replace everything after the mark."""
    words = GLOSSARY.read_text().split(MARK)[0]
    lines = [MARK, "", "## Tables", "", "| table | stage | rows are | key | meaning |", "|---|---|---|---|---|"]
    lines += [f"| `{s.name}` | {s.stage} | {s.origin} | {', '.join(s.key)} | {s.meaning} |" for s in TABLES.values()]
    lines += ["", "## Kinds of events", "", "| kind | needs | meaning |", "|---|---|---|"]
    lines += [f"| [{k.name}]({k.uri}) | {', '.join(k.needs)} | {k.meaning} |" for k in KINDS.values()]
    GLOSSARY.write_text(words + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
