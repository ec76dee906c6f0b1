"""The addresses of the room "workflow"."""

from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.urls import path, reverse_lazy

from workflow.forms import LoginForm, PasswordForm
from workflow.views import batches, delegating, extensions, inbox, people, purging, reading, routes, timing

urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path(
        "login",
        auth.LoginView.as_view(authentication_form=LoginForm, redirect_authenticated_user=True),
        name="login",
    ),
    path("logout", login_not_required(auth.LogoutView.as_view()), name="logout"),
    path(
        "password",
        auth.PasswordChangeView.as_view(form_class=PasswordForm, success_url=reverse_lazy("password_change_done")),
        name="password_change",
    ),
    path("password/done", auth.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("batches", batches.batch_list, name="batch_list"),
    path("batches/new", batches.batch_new, name="batch_new"),
    path("batches/<uuid:pk>", batches.batch, name="batch"),
    path("cases/<slug:number>/scan", batches.release_scan, name="release_scan"),
    path("cases/<slug:number>", inbox.case, name="case"),
    path("cases/<slug:number>/history", reading.case_history, name="case_history"),
    path("cases/<slug:number>/way", reading.case_way, name="case_way"),
    path("cases/<slug:number>/purge", purging.case_purge, name="case_purge"),
    path("purges", purging.purges, name="purges"),
    path("overdue", reading.overdue_board, name="overdue_board"),
    path("rounds", reading.rounds, name="rounds"),
    path("rounds/<int:pk>/edit", timing.round_edit, name="round_edit"),
    path("calendar", reading.calendar, name="calendar"),
    path("calendar/edit", timing.calendar_edit, name="calendar_edit"),
    path("ladders", reading.ladders, name="ladders"),
    path("ladders/<slug:task_kind>/edit", timing.ladder_edit, name="ladder_edit"),
    path("extensions", extensions.waiting, name="extensions"),
    path("extensions/<int:pk>/answer", extensions.answer, name="extension_answer"),
    path("tasks/<int:task>/extension", extensions.ask, name="extension_ask"),
    path("overdue/urge", reading.overdue_urge, name="overdue_urge"),
    path("overdue.xlsx", reading.overdue_sheet, name="overdue_sheet"),
    path("people", people.people, name="people"),
    path("people/<str:username>/hand-over", people.hand_over, name="hand_over"),
    path("leaving", people.leaving, name="leaving"),
    path("organisations/<int:pk>", people.organisation, name="organisation"),
    path("organisations/<int:pk>/over", people.organisation_over, name="organisation_over"),
    path("nobody-there", people.orphan_board, name="orphans"),
    path("rulings", people.ruling_list, name="rulings"),
    path("delegations", delegating.delegations, name="delegations"),
    path("routes", routes.route_list, name="route_list"),
    path("routes/begin", routes.route_begin, name="route_begin"),
    path("routes/<int:pk>", routes.route_show, name="route_show"),
    path("routes/<int:pk>/draft", routes.route_draft, name="route_draft"),
    path("routes/<int:pk>/steps/add", routes.route_step, name="route_step_add"),
    path("routes/<int:pk>/steps/<slug:key>", routes.route_step, name="route_step"),
    path("robots.txt", inbox.robots, name="robots"),
]
