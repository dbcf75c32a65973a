"""Signposts of the post room."""

from django.urls import path, re_path

from .views import board, certificates, chases, messages, notify, runs, templates, writing

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
    path("letters/write/", writing.write, name="write"),
    path("letters/certificates/", certificates.certificates, name="certificates"),
    path("letters/certificates/make/", certificates.certificates_make, name="certificates_make"),
    path("letters/runs/", runs.run_list, name="run_list"),
    path("letters/runs/put-together/", runs.run_make, name="run_make"),
    path("letters/runs/<int:pk>/", runs.run_detail, name="run_detail"),
    path("letters/runs/<int:pk>/progress/", runs.run_progress, name="run_progress"),
    path("letters/runs/<int:pk>/file/", runs.run_file, name="run_file"),
    path("letters/runs/<int:pk>/posted/", runs.run_posted, name="run_posted"),
    path("letters/runs/<int:pk>/not-posted/", runs.run_not_posted, name="run_not_posted"),
    path("letters/templates/", templates.template_list, name="template_list"),
    path("letters/templates/supply/", templates.template_supply, name="template_supply"),
    path("letters/templates/add/", templates.template_add, name="template_add"),
    path("letters/templates/<int:pk>/", templates.template_edit, name="template_edit"),
    path("letters/templates/<int:pk>/try/", templates.template_try, name="template_try"),
    path("letters/templates/<int:pk>/pdf/", templates.template_print, name="template_print"),
    path("letters/templates/<int:pk>/versions/", templates.template_versions, name="template_versions"),
    path("letters/templates/<int:pk>/take-up/<int:number>/", templates.template_take_up, name="template_take_up"),
    path("letters/templates/<int:pk>/use/", templates.template_use, name="template_use"),
    path("letters/letterhead/", templates.letterhead, name="letterhead"),
    path("letters/letterhead/logo/", templates.letterhead_logo, name="letterhead_logo"),
    path("post/", messages.message_list, name="message_list"),
    re_path(r"^post/export/(?P<form>csv|xlsx)/$", messages.message_export, name="message_export"),
    path("post/<int:pk>/", messages.message_detail, name="message_detail"),
    path("post/notify/delivery/", notify.notify_delivery, name="notify_delivery"),
    path("post/notify/reply/", notify.notify_reply, name="notify_reply"),
    path("post/<int:pk>/settle/", messages.message_settle, name="message_settle"),
]
