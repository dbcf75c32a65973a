"""Signposts of the reading room."""

from django.urls import path, re_path

from .views import desk, differs, explorer, figures, health, papers, saved_views

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
    path("papers/", papers.paper_list, name="paper_list"),
    path("papers/draft/", papers.paper_draft, name="paper_draft"),
    path("papers/expected/", papers.baseline_set, name="baseline_set"),
    path("papers/<int:pk>/", papers.paper_detail, name="paper_detail"),
    path("papers/<int:pk>/act/", papers.paper_act, name="paper_act"),
    path("papers/<int:pk>/file/", papers.paper_file, name="paper_file"),
    path("office/health/", health.health, name="health"),
]
