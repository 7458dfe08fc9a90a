"""Check digits: arithmetic that one wrong digit breaks. Each function takes digits as a string.

Sources: ISO/IEC 7812-1 annex B (Luhn), ISO/IEC 7064 (mod 97-10, mod 11-10), Verhoeff, "Error
Detecting Decimal Codes", 1969.
"""

_VERHOEFF_TIMES = (
    "0123456789 1234067895 2340178956 3401289567 4012395678 "
    "5987604321 6598710432 7659821043 8765932104 9876543210"
).split()
_VERHOEFF_MOVED = (
    "0123456789 1576283094 5803796142 8916043527 9453126870 4286573901 2793806415 7046913258"
).split()


def luhn(digits: str) -> bool:
    """Whether every other digit from the right, doubled, brings the sum to a multiple of ten."""
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    return (
        sum(int(digit) for digit in digits[-1::-2])
        + sum(value - 9 if value > 9 else value for value in doubled)
    ) % 10 == 0


def mod_97(code: str) -> bool:
    """Whether an IBAN's letters and digits leave one when divided by 97."""
    moved = code[4:] + code[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


def verhoeff(digits: str) -> bool:
    """Whether the digits come to zero in the group of symmetries of a pentagon."""
    value = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(_VERHOEFF_TIMES[value][int(_VERHOEFF_MOVED[place % 8][int(digit)])])
    return value == 0


def mod_11_10(digits: str) -> bool:
    """Whether the last digit is the check of the others by ISO 7064, mod 11,10."""
    product = 10
    for digit in digits[:-1]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[-1])


def weighted(digits: str, weights: range | tuple[int, ...]) -> int:
    """The sum of the digits times their weights."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))
