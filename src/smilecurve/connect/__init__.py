"""The outside, in and out: files become checked tables and events with every rejected row explained; tables become files."""
