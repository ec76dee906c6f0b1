"""The room "notifications" as Django knows it: it listens to the procedure and is never called by it."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from notifications import receivers
        from workflow import signals

        signals.transitioned.connect(receivers.note_transition, dispatch_uid="notifications.note_transition")
        signals.rungs_fired.connect(receivers.note_rungs, dispatch_uid="notifications.note_rungs")
        signals.announced.connect(receivers.note_announcement, dispatch_uid="notifications.note_announcement")
