"""desks/line"""
