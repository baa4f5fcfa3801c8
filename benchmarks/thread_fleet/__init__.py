"""What the benchmark of the thread at size is made of: a fleet, questions, other stores, kills."""
