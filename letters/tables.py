"""Lists of the post room."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from attendance_office.web.templatetags.office import clock, day_short, icon
from letters.models import Message

_LOOK: dict[str, tuple[str, str]] = {
    Message.State.WAITING: ("idle", "wait"),
    Message.State.CLAIMED: ("idle", "wait"),
    Message.State.SENT: ("done", "done"),
    Message.State.DELIVERED: ("done", "done"),
    Message.State.CANCELLED: ("idle", "check"),
    Message.State.FAILED: ("stop", "stop"),
    Message.State.UNCERTAIN: ("hold", "hold"),
}


class Messages(tables.Table):
    """What the post room wrote, the newest first."""

    written_at = tables.Column(verbose_name="Written")
    recipient_name = tables.Column(verbose_name="To", attrs={"cell": {"data-rowhead": "1"}})
    subject = tables.Column(verbose_name="Subject")
    kind = tables.Column(verbose_name="About")
    state = tables.Column(verbose_name="State")

    class Meta:
        template_name = "django_tables2/office.html"
        attrs = {"caption": "Messages of the post room", "class": "tbl stack"}
        order_by = "-written_at"
        empty_text = "No message here."

    def render_written_at(self, value: Any) -> str:
        """Give day and time."""
        return f"{day_short(value)}, {clock(value)}"

    def render_recipient_name(self, record: Message) -> SafeString:
        """Give the name, leading to the message."""
        return format_html(
            '<a href="{}">{}</a>', reverse("letters:message_detail", args=[record.pk]), record.recipient_name
        )

    def render_state(self, record: Message) -> SafeString:
        """Give state as word, shape and colour."""
        css, symbol = _LOOK[record.state]
        when = f" {clock(record.sent_at)}" if record.sent_at else ""
        return format_html('<span class="st {}">{}{}{}</span>', css, icon(symbol), record.get_state_display(), when)
