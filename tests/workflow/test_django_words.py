"""What Django itself says to people stands in this product's tone."""

import pytest
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.utils import translation

from workflow import django_words


def said(language, password):
    with translation.override(language), pytest.raises(ValidationError) as refused:
        validate_password(password)
    return refused.value.messages


@pytest.mark.parametrize("password", ["abc", "password12", "1234567890"])
def test_a_weak_password_is_refused_in_chinese(password):
    sentences = said("zh-hans", password)
    assert sentences
    assert not any("a" <= letter <= "z" for sentence in sentences for letter in sentence)
    assert said("en", password) != sentences


def test_the_help_on_passwords_never_says_ni():
    with translation.override("zh-hans"):
        told = [
            *password_validators_help_texts(),
            str(PasswordChangeForm.error_messages["password_incorrect"]),
            *(translation.gettext(str(sentence)) for sentence in django_words.SENTENCES[:5]),
        ]
    assert told
    assert not any("你" in sentence for sentence in told)
