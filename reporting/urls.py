"""Signposts of the reading room."""

from django.urls import path, re_path

from .views import (
    desk,
    differs,
    distributions,
    explorer,
    figures,
    health,
    illness,
    league,
    mail_choice,
    papers,
    pupil_file,
    rounds,
    saved_views,
)

app_name = "reporting"
urlpatterns = [
    path("desk/", desk.desk, name="desk"),
    path("desk/fresh/", desk.desk_fresh, name="desk_fresh"),
    path("figures/", figures.figures, name="figures"),
    path("figures/differs/", differs.differs, name="differs"),
    path("explorer/", explorer.explorer, name="explorer"),
    path("explorer/receipt/", explorer.explorer_receipt, name="explorer_receipt"),
    path("explorer/group/", explorer.explorer_group, name="explorer_group"),
    path("explorer/letter/", explorer.explorer_letter, name="explorer_letter"),
    re_path(r"^explorer/export/(?P<form>csv|xlsx)/$", explorer.explorer_export, name="explorer_export"),
    path("explorer/views/save/", saved_views.view_save, name="view_save"),
    path("explorer/views/<int:pk>/", saved_views.view_open, name="view_open"),
    path("explorer/views/<int:pk>/change/", saved_views.view_change, name="view_change"),
    path("explorer/views/<int:pk>/delete/", saved_views.view_delete, name="view_delete"),
    path("illness/", illness.illness, name="illness"),
    re_path(r"^illness/export/(?P<form>csv|xlsx)/$", illness.illness_export, name="illness_export"),
    path("league/", league.league_page, name="league"),
    re_path(r"^league/export/(?P<form>csv|xlsx)/$", league.league_export, name="league_export"),
    re_path(r"^league/display/(?P<kind>league|full|improved)/$", league.display_print, name="display_print"),
    path("papers/", papers.paper_list, name="paper_list"),
    re_path(r"^papers/export/(?P<form>csv|xlsx)/$", papers.paper_list_export, name="paper_list_export"),
    path("papers/draft/", papers.paper_draft, name="paper_draft"),
    path("papers/expected/", papers.baseline_set, name="baseline_set"),
    path("papers/<int:pk>/", papers.paper_detail, name="paper_detail"),
    path("papers/<int:pk>/act/", papers.paper_act, name="paper_act"),
    path("papers/<int:pk>/file/", papers.paper_file, name="paper_file"),
    path("sent/", distributions.sent_list, name="sent_list"),
    re_path(r"^sent/export/(?P<form>csv|xlsx)/$", distributions.sent_list_export, name="sent_list_export"),
    path("sent/<int:pk>/", distributions.sent_detail, name="sent_detail"),
    re_path(r"^sent/(?P<pk>\d+)/file/(?P<form>pdf|xlsx)/$", distributions.sent_file, name="sent_file"),
    path("sent/<int:pk>/again/", distributions.sent_again, name="sent_again"),
    path("sent/stop/<int:pk>/", distributions.own_stop, name="own_stop"),
    path("distributions/", distributions.distributions, name="distributions"),
    re_path(
        r"^distributions/export/(?P<form>csv|xlsx)/$", distributions.distributions_export, name="distributions_export"
    ),
    path("distributions/mail/", mail_choice.mail_choice, name="mail_choice"),
    path("distributions/mail/choose/", mail_choice.mail_choose, name="mail_choose"),
    path("distributions/add/", distributions.subscription_add, name="subscription_add"),
    re_path(r"^distributions/(?P<report>[a-z_]+)/(?P<on>\d{4}-\d\d-\d\d)/$", rounds.round_detail, name="round"),
    re_path(r"^distributions/(?P<report>[a-z_]+)/(?P<on>\d{4}-\d\d-\d\d)/hold/$", rounds.round_hold, name="round_hold"),
    path("distributions/holds/<int:pk>/release/", rounds.hold_release, name="hold_release"),
    path("distributions/<int:pk>/set/", distributions.subscription_set, name="subscription_set"),
    path("distributions/<int:pk>/preview/", distributions.preview, name="distribution_preview"),
    path("pupils/<int:pk>/file/", pupil_file.pupil_file, name="pupil_file"),
    path("pupils/<int:pk>/file/print/", pupil_file.pupil_file_print, name="pupil_file_print"),
    re_path(
        r"^pupils/(?P<pk>\d+)/file/export/(?P<form>csv|xlsx)/$", pupil_file.pupil_file_export, name="pupil_file_export"
    ),
    path("office/health/", health.health, name="health"),
]
