"""The LinkedIn provider Unipile: what RevOS asks of it, in types, for both dialects of its API.

Others call through `Provider`: reads raise `UnipileError`, writes return an `Outcome`.

    outcome = await provider.start_chat(account, person, text)
    match outcome:
        case Sent(id=message_id, chat_id=chat_id): ...
        case Refused(fault=fault): ...       # surely not done; fault.kind says what follows
        case Indeterminate(reason=reason): ...  # perhaps done: read the chat, never call again
"""

from mainstem.revos.unipile.client import Settings, Shared, opened
from mainstem.revos.unipile.faults import Fault, Kind, UnipileError, is_known, kind_of
from mainstem.revos.unipile.model import (
    Account,
    AccountId,
    AccountState,
    AuthLink,
    Author,
    Chat,
    ChatId,
    Comment,
    CommentId,
    Distance,
    Invitation,
    InvitationId,
    Message,
    MessageId,
    Page,
    PersonId,
    Post,
    Profile,
    Reacted,
    Reaction,
    Relation,
    SocialId,
    Webhook,
)
from mainstem.revos.unipile.outcome import Indeterminate, Outcome, Refused, Sent
from mainstem.revos.unipile.port import (
    COMMENT_MAX,
    NOTE_MAX,
    PAGE_MAX,
    Attachment,
    Provider,
    Reads,
    Setup,
    Writes,
)
from mainstem.revos.unipile.texts import normalised

__all__ = [
    "COMMENT_MAX",
    "NOTE_MAX",
    "PAGE_MAX",
    "Account",
    "AccountId",
    "AccountState",
    "Attachment",
    "AuthLink",
    "Author",
    "Chat",
    "ChatId",
    "Comment",
    "CommentId",
    "Distance",
    "Fault",
    "Indeterminate",
    "Invitation",
    "InvitationId",
    "Kind",
    "Message",
    "MessageId",
    "Outcome",
    "Page",
    "PersonId",
    "Post",
    "Profile",
    "Provider",
    "Reacted",
    "Reaction",
    "Reads",
    "Refused",
    "Relation",
    "Sent",
    "Settings",
    "Setup",
    "Shared",
    "SocialId",
    "UnipileError",
    "Webhook",
    "Writes",
    "is_known",
    "kind_of",
    "normalised",
    "opened",
]
