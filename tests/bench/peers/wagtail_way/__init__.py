"""Wagtail's moderation workflow on a page type, as its editor's approve button calls it."""
