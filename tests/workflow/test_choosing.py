"""A person chosen on a page: what is offered is understood again, a name that two bear is not guessed."""

import pytest
from django.utils import translation

from workflow.models import User
from workflow.refusals import UnknownPerson
from workflow.views.choosing import choices, named

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def chinese():
    with translation.override("zh-hans"):
        yield


def test_each_offered_choice_is_understood_again_and_names_the_office(world, django_assert_num_queries):
    with django_assert_num_queries(2):
        offered = choices(User.objects.filter(is_active=True))
    assert len(offered) == User.objects.filter(is_active=True).count()
    for choice in offered:
        assert choice.words.endswith(f" · {named(choice.words).username}")
    mine = next(choice for choice in offered if choice.words.endswith(f" · {world.editor.username}"))
    assert all(group.rolegroup.organisation.name in mine.words for group in world.editor.groups.all())


def test_an_account_or_a_name_that_one_person_bears_is_enough(world):
    User.objects.filter(pk=world.editor.pk).update(full_name="演示·某经办")
    assert named(f"  {world.editor.username} ") == world.editor
    assert named("演示·某经办") == world.editor


@pytest.mark.parametrize("typed", ["", "nobody", "某 · 某单位 · nobody", "' OR 1=1 --"])
def test_nobody_is_guessed(world, typed):
    with pytest.raises(UnknownPerson, match="请从列表中选择"):
        named(typed)


def test_a_name_of_two_people_and_a_closed_account_are_refused(world):
    User.objects.filter(pk__in=[world.editor.pk, world.performance_reviewer.pk]).update(full_name="演示·同名")
    with pytest.raises(UnknownPerson, match="有多人同名"):
        named("演示·同名")
    User.objects.filter(pk=world.editor.pk).update(is_active=False)
    assert named("演示·同名") == world.performance_reviewer
    with pytest.raises(UnknownPerson):
        named(world.editor.username)
