"""Pictures drawn on the server as SVG: no script, no inline style, colours by class."""
