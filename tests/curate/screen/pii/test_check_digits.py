"""A wrong digit is noticed."""

from collections.abc import Callable

import pytest

from curate.screen.pii.check_digits import luhn, mod_11_10, mod_97, verhoeff


@pytest.mark.parametrize(
    ("check", "number"),
    [
        (luhn, "79927398713"),
        (verhoeff, "2363"),
        (mod_11_10, "86095742719"),
        (mod_97, "GB82WEST12345698765432"),
    ],
)
def test_no_other_last_digit_fits(check: Callable[[str], bool], number: str) -> None:
    fitting = [digit for digit in "0123456789" if check(number[:-1] + digit)]

    assert fitting == [number[-1]]
