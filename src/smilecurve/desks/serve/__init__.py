"""desks/serve"""
