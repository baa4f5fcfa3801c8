"""Every machine's life: the one store, and the only place with SQL. `smilecurve.thread.store` is its door."""
