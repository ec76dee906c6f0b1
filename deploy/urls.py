"""Which room answers which address."""

from django.contrib import admin
from django.urls import include, path

handler500 = "workflow.views.trouble.server_error"

urlpatterns = [
    path("", include("workflow.urls")),
    path("", include("targets.urls")),
    path("", include("notifications.urls")),
    path("", include("deploy.health")),
    path("", include("deploy.status")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
]
