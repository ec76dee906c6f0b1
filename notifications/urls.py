"""The addresses of the room "notifications"."""

from django.urls import path

from notifications import views

urlpatterns = [
    path("notices", views.notices, name="notices"),
    path("notices/read", views.read, name="notices_read"),
    path("notices/badge", views.badge, name="notice_badge"),
    path("notices/prepared", views.prepared, name="prepared"),
    path("notices/prepared/<int:notice>/send", views.release, name="prepared_send"),
    path("mails", views.mails, name="mails"),
]
