"""History in large parts: events that are numbered and in order, taken in column by column and written as they come."""
