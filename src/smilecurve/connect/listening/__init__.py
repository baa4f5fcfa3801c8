"""What do machines, tools and gateways on the shop floor say, and how does it come in?

MQTT JSON, Sparkplug B, OPC UA and folders of files. Each source has a plan in TOML: what to listen to, and the
mapping that makes events of it. What fits goes through the one door; the rest waits in quarantine with topic, number
and reason. A message is acknowledged only when it is safe, so that a crash loses nothing; it carries its own name, so
that hearing it twice adds nothing.
"""

from __future__ import annotations

from smilecurve.connect.listening.inbox import Inbox
from smilecurve.connect.listening.plans import PROTOCOLS, Broker, Plan, Reader, read_plan

__all__ = ["PROTOCOLS", "Broker", "Inbox", "Plan", "Reader", "read_plan"]
