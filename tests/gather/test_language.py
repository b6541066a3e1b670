from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.gather.language import guessed_language
from tests.evaluation.samples import samples


@pytest.mark.parametrize("sample", samples("pages"), ids=lambda one: one.name)
def test_the_articles_of_the_evaluation_set_are_told_by_their_words(sample):
    (truth,) = sample.truths
    assert guessed_language("\n\n".join(truth.paragraphs)) == truth.language


@pytest.mark.parametrize("text", ["", "12.5 %", "Corvane Geneva 2026", "Łódź", "Gold"])
def test_a_few_words_tell_nothing(text):
    assert guessed_language(text) is None


@given(st.text())
def test_any_text_may_be_asked(text):
    assert guessed_language(text) is None or len(guessed_language(text)) == 2
