"""desks/ship"""
