"""What webhooks may have missed: messages and new contacts, looked up now and then.

Reading messages asks the provider's own store and counts against no limit; contacts do, and are
read a few times a day.
"""

from mainstem.revos.inbox.looking import Inbox

__all__ = ["Inbox"]
