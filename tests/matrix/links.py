"""The link to another system."""

from attendance_office.staff.roles import Can
from registers.models import Link

from .way import Way


def link(cast):
    Link.objects.create(school=cast.thornbridge, remote_id="A1234567890")
    return {}


def csv(cast):
    return link(cast) | {"form": "csv"}


WAYS = {
    "registers:link_detail": Way((Can.IMPORT, Can.KEEP_LINK)),
    "registers:link_codes": Way((Can.KEEP_LINK,), link, post=True),
    "registers:link_pull": Way((Can.IMPORT,), link, post=True),
    "registers:writeback_list": Way((Can.IMPORT,), link),
    "registers:writeback_settle": Way((Can.IMPORT,), link, post=True),
    "registers:writeback_export": Way((Can.EXPORT,), csv, post=True, also=(Can.IMPORT,)),
}
