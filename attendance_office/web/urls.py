"""Signposts of the office itself."""

from django.urls import path, re_path

from .views import audit, home, staff

app_name = "office"
urlpatterns = [
    path("", home.home, name="home"),
    path("healthz", home.healthz, name="healthz"),
    path("readyz", home.readyz, name="readyz"),
    path("school/", home.choose_school, name="choose_school"),
    path("stay/", home.stay, name="stay"),
    path("help/", home.help_page, name="help"),
    path("office/", staff.office, name="office"),
    path("office/staff/", staff.staff_list, name="staff_list"),
    re_path(r"^office/staff/export/(?P<form>csv|xlsx)/$", staff.staff_export, name="staff_export"),
    path("office/staff/add/", staff.staff_add, name="staff_add"),
    path("office/staff/<int:pk>/", staff.staff_detail, name="staff_detail"),
    path("office/staff/<int:pk>/post/", staff.post_give, name="post_give"),
    path("office/staff/<int:pk>/post/<int:post_pk>/end/", staff.post_end, name="post_end"),
    path("office/staff/<int:pk>/account/", staff.account_switch, name="account_switch"),
    path("office/staff/<int:pk>/second-factor/", staff.factor_reset, name="factor_reset"),
    path("office/roles/", staff.role_table, name="role_table"),
    re_path(r"^office/roles/export/(?P<form>csv|xlsx)/$", staff.role_export, name="role_export"),
    path("office/trail/", audit.trail, name="trail"),
    re_path(r"^office/trail/export/(?P<form>csv|xlsx)/$", audit.trail_export, name="trail_export"),
]
