# make demo   set up everything, seed a maker, turn the loop, serve the control tower on 127.0.0.1:8000
# make test   set up everything and run the tests
.PHONY: demo test test-cluster check e2e bench bench-line bench-learn bench-serve bench-renew bench-thread bench-team web venv dev lock format clean help

SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
WORLD ?= excavators
PORT ?= 8000

help:
	@sed -n '1,2p' Makefile; echo "also: make check | test-cluster | e2e | bench | bench-line | bench-learn | bench-serve | bench-renew | bench-thread | bench-team | web | lock | format | clean"

venv: $(VENV)/.run
dev: $(VENV)/.dev

$(VENV)/.run: requirements/run.txt requirements/build.txt pyproject.toml
	sh scripts/venv.sh requirements/run.txt requirements/build.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml
	sh scripts/venv.sh requirements/dev.txt
	@touch $(VENV)/.run $@

$(VENV)/.bench: $(VENV)/.dev requirements/bench.txt
	sh scripts/venv.sh requirements/dev.txt requirements/bench.txt
	@touch $(VENV)/.run $(VENV)/.dev $@

$(VENV)/.cluster: $(VENV)/.dev requirements/cluster.txt
	sh scripts/venv.sh requirements/dev.txt requirements/cluster.txt
	@touch $(VENV)/.run $(VENV)/.dev $@

web: src/smilecurve/app/static/manifest.json

src/smilecurve/app/static/manifest.json: $(VENV)/.run $(shell find web -type f -not -path '*/node_modules/*' 2>/dev/null)
	sh scripts/web.sh
	@touch $@

demo: $(VENV)/.run web
	$(VENV)/bin/smile --thread demo/$(WORLD) demo --world $(WORLD) --port $(PORT)

test: $(VENV)/.dev web
	sh scripts/mosquitto.sh
	sh scripts/postgres.sh
	$(PY) -m pytest -n 2 -m "not browser"

# the questions on Apache Spark: Java and 450 MB of Spark, therefore no part of `make test`
test-cluster: $(VENV)/.cluster
	sh scripts/java.sh
	$(PY) -m pytest tests/thread/test_thread_cluster.py

check: $(VENV)/.dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	sh scripts/web.sh check

e2e: $(VENV)/.dev web
	sh scripts/chromium.sh
	$(PY) -m pytest -m browser tests/browser

# SETS=all runs every published instance (hours), the default an evenly spread sample
bench: $(VENV)/.bench
	sh scripts/postgres.sh
	for bench in benchmarks/*.py; do echo "== $$bench"; $(PY) $$bench || exit 1; done

bench-line: $(VENV)/.dev
	for bench in benchmarks/line_*.py; do echo "== $$bench"; $(PY) $$bench $(SETS) || exit 1; done

# with the peers that are measured beside us
bench-learn: $(VENV)/.bench
	for bench in benchmarks/learn_*.py; do echo "== $$bench"; $(PY) $$bench || exit 1; done

bench-serve: $(VENV)/.dev
	for bench in benchmarks/serve_*.py benchmarks/supply_replenish.py; do echo "== $$bench"; $(PY) $$bench || exit 1; done

bench-renew: $(VENV)/.dev
	for bench in benchmarks/renew_*.py; do echo "== $$bench"; $(PY) $$bench || exit 1; done

# MACHINES=1400000 or 14000000: the thread at that size (14 M wants 15 GB of disk and half an hour)
# beside PostgreSQL, SQLite, a graph store and ClickHouse with 140,000 machines, or as many as PEERS says; TRIALS=1000 kills
bench-thread: $(VENV)/.bench
	$(PY) benchmarks/thread_size.py $(MACHINES)
	sh scripts/postgres.sh
	$(PY) benchmarks/thread_peers.py $(PEERS)
	$(PY) benchmarks/thread_kills.py $(TRIALS)

# TRIALS=200: how often a writer or the PostgreSQL server of a team's thread is killed
bench-team: $(VENV)/.dev
	sh scripts/postgres.sh
	$(PY) benchmarks/thread_team.py $(TRIALS)

lock: $(VENV)/.dev
	sh scripts/lock.sh

format: $(VENV)/.dev
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

clean:
	rm -rf $(VENV) demo src/smilecurve/app/static web/node_modules .mypy_cache .ruff_cache .pytest_cache
