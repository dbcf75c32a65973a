"""Signposts of the post room."""

from django.urls import path, re_path

from .views import board, chases, messages

app_name = "letters"
_REGISTER = "missing/<int:group_pk>/<str:on>/<str:half>"
urlpatterns = [
    path("missing/", board.board, name="board"),
    path("missing/changes/", board.board_changes, name="board_changes"),
    re_path(r"^missing/export/(?P<form>csv|xlsx)/$", board.board_export, name="board_export"),
    path("missing/walk-round/", board.walk_round, name="walk_round"),
    path("missing/<str:on>/<str:half>/chase/", chases.chase_selected, name="chase_selected"),
    path(f"{_REGISTER}/chase/", chases.chase, name="chase"),
    path(f"{_REGISTER}/cover/", chases.cover, name="cover"),
    path("post/", messages.message_list, name="message_list"),
    re_path(r"^post/export/(?P<form>csv|xlsx)/$", messages.message_export, name="message_export"),
    path("post/<int:pk>/", messages.message_detail, name="message_detail"),
    path("post/<int:pk>/settle/", messages.message_settle, name="message_settle"),
]
