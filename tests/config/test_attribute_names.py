"""No attribute is called like something else that is known of people."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from newsletter.config.values import AttributeName
from newsletter.domain.audience import Field


@pytest.mark.parametrize("name", Field)
def test_an_attribute_cannot_be_called_like_a_field(name):
    with pytest.raises(ValidationError, match="choose another name"):
        TypeAdapter(AttributeName).validate_python(name.value)


def test_any_other_name_may_be_one():
    assert TypeAdapter(AttributeName).validate_python("trade_status") == "trade_status"
