"""Peers of benchmarks/serve_demand.py that run in a Python of their own."""
