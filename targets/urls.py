"""The addresses of the room "targets"."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
