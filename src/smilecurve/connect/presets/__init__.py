"""Which source is this, and what does it hold?"""
