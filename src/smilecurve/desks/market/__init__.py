"""desks/market"""
