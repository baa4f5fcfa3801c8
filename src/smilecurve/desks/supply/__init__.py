"""desks/supply"""
