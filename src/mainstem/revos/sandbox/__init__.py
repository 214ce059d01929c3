"""A provider that runs on this machine: people who comment, answer and connect, and every fault.

It speaks both dialects of the LinkedIn provider's API over HTTP, so that the real client is what
talks to it. What happens follows from seed, scenario and calls. Its log of writes proves what was
sent, whatever our own tables say.

    async with serving(Sandbox(key="...")) as address: ...
"""

from mainstem.revos.sandbox.clock import Clock
from mainstem.revos.sandbox.ledger import Ledger
from mainstem.revos.sandbox.scenario import SCENARIOS, Scenario
from mainstem.revos.sandbox.server import Sandbox, serving
from mainstem.revos.sandbox.world import World

__all__ = ["SCENARIOS", "Clock", "Ledger", "Sandbox", "Scenario", "World", "serving"]
