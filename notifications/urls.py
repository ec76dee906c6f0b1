"""The addresses of the room "notifications"."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
