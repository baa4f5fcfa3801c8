"""desks/renew"""
