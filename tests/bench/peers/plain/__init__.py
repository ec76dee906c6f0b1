"""The way that the documents of django-fsm, django-fsm-log and django-guardian suggest, put together."""
