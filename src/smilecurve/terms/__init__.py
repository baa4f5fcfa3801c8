"""The words everyone shares: tables, events, decisions, desks, scopes, money, places, errors."""
