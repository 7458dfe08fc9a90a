"""No minute holds more than was said, and what a server bears is found out without harm to it."""

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curate.synthesize.teachers.limits import FIRST, STREAK, Patience, Rate, Window

NONE: dict[str, str] = {}


class Clock:
    """Time that is set."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """Tell it."""
        return self.now


def most_in_a_minute(sent: list[tuple[float, float]]) -> float:
    """The most units that any 60 seconds, their end excluded, hold."""
    return max(
        sum(units for when, units in sent if begin <= when < begin + 60) for begin, _ in sent
    )


@given(
    st.integers(1, 3_000), st.lists(st.sampled_from([0.0, 0.0, 0.01, 0.3, 2.0, 40.0]), max_size=300)
)
@example(1, [0.0] * 10)
@example(3_000, [0.0] * 300)
def test_no_minute_holds_more_calls_than_were_said(per_minute: int, gaps: list[float]) -> None:
    clock = Clock()
    rate = Rate(per_minute, clock)
    sent = []
    for gap in gaps:
        clock.now += gap
        clock.now += rate.wait()
        rate.take(1)
        sent.append((clock.now, 1.0))

    assert not sent or most_in_a_minute(sent) <= per_minute


@given(
    st.integers(2_000, 2_000_000),
    st.lists(st.floats(1, 100), min_size=1, max_size=300),
    st.floats(0, 3),
)
def test_no_minute_holds_more_tokens_than_were_said(
    per_minute: int, sizes: list[float], gap: float
) -> None:
    clock = Clock()
    rate = Rate(per_minute, clock)
    sent = []
    for size in itertools.islice(itertools.cycle(sizes), 300):
        units = size * per_minute / 2_000  # up to a twentieth of the minute, which is a burst
        clock.now += gap
        clock.now += rate.wait(units)
        rate.take(units)
        sent.append((clock.now, units))

    assert most_in_a_minute(sent) <= per_minute * (1 + 1e-9)


@pytest.mark.parametrize("per_minute", [1, 2, 3, 7, 19, 20, 21, 60, 500, 10_000])
def test_at_least_nine_tenths_of_a_rate_are_reached(per_minute: int) -> None:
    clock = Clock()
    rate = Rate(per_minute, clock)
    began, n = clock.now, max(20, 3 * per_minute)
    for _ in range(n):
        clock.now += rate.wait()
        rate.take(1)

    assert (n - 1) / (clock.now - began) * 60 >= 0.9 * per_minute


def test_tokens_that_were_not_used_are_given_back() -> None:
    clock = Clock()
    rate = Rate(6_000, clock)
    rate.take(3_000)
    late = rate.wait()
    rate.take(-2_000)

    assert rate.wait() < late / 2


def test_what_was_given_back_makes_no_burst_longer() -> None:
    clock = Clock()
    rate = Rate(60, clock)
    rate.take(1_000)
    rate.take(-1_000_000)
    sent = 0
    while not rate.wait():
        rate.take(1)
        sent += 1

    assert sent <= 4


def test_a_call_larger_than_a_burst_goes_out_when_a_whole_burst_is_free() -> None:
    clock = Clock()
    rate = Rate(1_000, clock)
    assert rate.wait(900) == 0
    rate.take(900)

    assert rate.wait(900) > 45


def window(most: int = 64, **patience: float) -> tuple[Window, Clock]:
    clock = Clock()
    given = {"pause": 1.0, "longest_pause": 8.0, "most_pauses": 3, **patience}
    return Window(most, clock, Patience(**given)), clock  # type: ignore[arg-type]


def test_the_bound_doubles_each_round_trip_up_to_the_most() -> None:
    seen, _ = window(most=40)
    for _ in range(FIRST):
        seen.replied(0.1, NONE)
    doubled = seen.bound
    for _ in range(100):
        seen.replied(0.1, NONE)

    assert (doubled, seen.bound, seen.free) == (2 * FIRST, 40, 40)


def test_the_bound_never_exceeds_the_most_even_at_first() -> None:
    assert window(most=2)[0].free == 2


def test_a_volley_of_refusals_cuts_the_bound_once() -> None:
    seen, clock = window()
    for _ in range(FIRST):
        clock.now += 0.001
        seen.refused(None, sent=999.0)

    assert seen.bound == FIRST * 0.75


def test_refusals_a_round_trip_apart_cut_the_bound_down_to_one() -> None:
    seen, clock = window()
    for _ in range(40):
        clock.now += 1
        seen.refused(None, clock.now - 0.1)

    assert seen.bound == 1


def test_after_a_refusal_the_bound_grows_by_one_a_round_trip() -> None:
    seen, _ = window()
    seen.refused(None, sent=999.0)
    before = seen.bound
    for _ in range(int(before)):
        seen.in_flight = int(before)
        seen.replied(0.1, NONE)

    assert before + 0.9 < seen.bound <= before + 1


def test_a_bound_that_is_not_used_does_not_grow_after_a_refusal() -> None:
    seen, _ = window()
    seen.refused(None, sent=999.0)
    before = seen.bound
    seen.replied(0.1, NONE)

    assert seen.bound == before


def test_a_server_is_not_asked_before_the_time_it_named() -> None:
    seen, clock = window()
    seen.refused(7.0, sent=999.0)
    closed = seen.free
    clock.now += 6.9
    still = seen.free
    clock.now += 0.2

    assert (closed, still, seen.free > 0) == (0, 0, True)


def test_a_shorter_time_named_later_does_not_open_a_window_early() -> None:
    seen, clock = window()
    seen.refused(7.0, sent=999.0)
    seen.refused(0.1, sent=999.0)
    clock.now += 1

    assert seen.free == 0


def test_failures_in_a_row_pause_a_server_and_then_try_it_with_one_call() -> None:
    seen, clock = window()
    for _ in range(STREAK):
        seen.failed(clock.now - 0.1)
    paused = seen.free
    clock.now += 1.01

    assert (paused, seen.free, seen.pauses) == (0, 1, 1)


def test_one_volley_of_failures_is_one_pause_however_large() -> None:
    seen, clock = window()
    for _ in range(1_000):
        clock.now += 0.001
        seen.failed(sent=999.0)

    assert (seen.pauses, seen.is_given_up) == (1, False)


def test_calls_from_before_a_pause_that_fail_long_after_it_do_not_lengthen_it() -> None:
    seen, clock = window()
    for _ in range(STREAK):
        seen.failed(sent=999.0)
    for _ in range(50):
        clock.now += 10
        seen.failed(sent=999.0)

    assert seen.pauses == 1


def test_pauses_double_up_to_the_longest_and_a_dead_server_is_given_up() -> None:
    seen, clock = window(most_pauses=6)
    for _ in range(STREAK):
        seen.failed(clock.now)
    lengths = []
    while not seen.is_given_up:
        lengths.append(seen.until - clock.now)
        clock.now = seen.until + 0.001
        seen.failed(clock.now)

    assert lengths == pytest.approx([1, 2, 4, 8, 8])


def test_a_server_that_is_down_for_weeks_breaks_no_arithmetic() -> None:
    seen, clock = window()
    for _ in range(5_000):
        clock.now += 60
        seen.failed(clock.now)

    assert seen.until <= clock.now + 8


def test_one_reply_ends_all_pauses() -> None:
    seen, clock = window()
    for _ in range(STREAK):
        seen.failed(clock.now)
    clock.now += 2
    seen.failed(clock.now)
    clock.now += 5
    seen.replied(0.1, NONE)

    assert (seen.pauses, seen.free > 1) == (0, True)


def test_a_server_that_always_asks_to_wait_is_given_up_too() -> None:
    seen, clock = window()
    rounds = 0
    while not seen.is_given_up and rounds < 100:
        for _ in range(FIRST):
            seen.refused(0.5, sent=clock.now - 0.01)
        clock.now = seen.until + 0.1
        rounds += 1

    assert STREAK <= rounds <= STREAK + 3


@pytest.mark.parametrize(
    ("reset", "seconds"), [("250ms", 0.25), ("1.5s", 1.5), ("2m0s", 120), ("7", 7)]
)
@pytest.mark.parametrize("what", ["requests", "tokens"])
def test_nothing_is_sent_while_the_headers_say_that_nothing_is_left(
    what: str, reset: str, seconds: float
) -> None:
    seen, clock = window()
    seen.replied(0.1, {f"x-ratelimit-remaining-{what}": "0", f"x-ratelimit-reset-{what}": reset})
    closed = seen.free
    clock.now += seconds * 1.001

    assert (closed, seen.free > 0) == (0, True)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": "6m0s"},
        {"x-ratelimit-remaining-requests": "0"},
        {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "soon"},
        {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "0s"},
        {"x-ratelimit-remaining-tokens": "none", "x-ratelimit-reset-tokens": "9s"},
    ],
)
def test_headers_that_leave_something_or_say_nothing_close_no_window(
    headers: dict[str, str],
) -> None:
    seen, _ = window()
    seen.replied(0.1, headers)

    assert seen.free > 0
