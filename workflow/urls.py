"""The addresses of the room "workflow"."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
