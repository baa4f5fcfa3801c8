"""Which desk runs when, on what, and what follows: read, decide, record; what-if; why."""
