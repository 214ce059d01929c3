"""E-mails to leads, from `email_queue`: marked before the call, each handed over at most once.

What the mail server surely did not take is tried again; what nobody knows is `unknown`, a person's.
"""

from mainstem.revos.emails.sending import Emails

__all__ = ["Emails"]
