"""The addresses of the room "notifications"."""

from django.urls import path

from notifications import outward, preferences, trouble, views

urlpatterns = [
    path("notices", views.notices, name="notices"),
    path("notices/read", views.read, name="notices_read"),
    path("notices/badge", views.badge, name="notice_badge"),
    path("notices/prepared", views.prepared, name="prepared"),
    path("notices/prepared/<int:notice>/send", views.release, name="prepared_send"),
    path("notices/preferences", preferences.preferences, name="preferences"),
    path("notices/mute/<slug:number>", preferences.mute, name="mute"),
    path("notices/feed", preferences.feed_token, name="feed_token"),
    path("feeds/<str:token>.ics", preferences.feed, name="feed"),
    path("incidents", trouble.incidents, name="incidents"),
    path("incidents/<int:delivery>/retry", trouble.retry, name="incident_retry"),
    path("incidents/<int:delivery>/resolve", trouble.resolve, name="incident_resolve"),
    path("incidents/notices/<int:notice>/retry", trouble.retry_notice, name="notice_retry"),
    path("incidents/hooks/<int:delivery>/retry", trouble.retry_hook, name="hook_retry"),
    path("incidents/hooks/<int:delivery>/resolve", trouble.resolve_hook, name="hook_resolve"),
    path("channels", outward.channels, name="channels"),
    path("channels/mail/try", outward.try_mail, name="mail_try"),
    path("channels/hooks/new", outward.hook_edit, name="hook_new"),
    path("channels/hooks/<int:pk>", outward.hook_edit, name="hook_edit"),
    path("channels/hooks/<int:pk>/try", outward.try_hook, name="hook_try"),
    path("mails", views.mails, name="mails"),
]
