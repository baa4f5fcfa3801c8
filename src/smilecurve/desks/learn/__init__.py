"""desks/learn"""
