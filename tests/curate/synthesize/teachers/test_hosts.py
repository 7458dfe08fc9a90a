"""No key goes where its owner has not sent it, and nothing that costs is asked without a bound."""

import pytest
from pydantic import ValidationError

from curate.synthesize.teachers.hosts import (
    PROVIDERS,
    Address,
    addresses,
    allowed,
    check,
    is_loopback,
    secret,
)
from schemas.errors import RecipeError
from schemas.teachers import Budget, Miner, OpenAI, Replay
from tests.curate.synthesize.teachers.asking import a_teacher

OPENAI = "https://api.openai.com/v1"


def keys(url: str, *allow: str, **more: object) -> list[str | None]:
    """The variables whose keys would go out."""
    return [one.key for one in addresses(a_teacher(url, **more), allowed(allow), "t")]


@pytest.mark.parametrize(("host", "variable"), PROVIDERS.items())
def test_a_known_provider_gets_its_own_key(host: str, variable: str) -> None:
    assert keys(f"https://{host}/v1") == [variable]


def test_without_an_address_it_is_openai() -> None:
    teacher = OpenAI(kind="openai", model="m")

    assert [(one.url, one.key) for one in addresses(teacher, {}, "t")] == [
        (OPENAI, "OPENAI_API_KEY")
    ]


@pytest.mark.parametrize(
    "url", ["https://API.OpenAI.com/v1", "https://api.openai.com:443/v1", "https://api.openai.com"]
)
def test_a_provider_is_known_however_it_is_spelled(url: str) -> None:
    (address,) = addresses(a_teacher(url), {}, "t")

    assert (address.key, address.is_openai) == ("OPENAI_API_KEY", True)


def test_a_key_is_never_sent_in_the_open() -> None:
    with pytest.raises(RecipeError, match=r"in the open.*https"):
        keys("http://api.openai.com/v1")


UNKNOWN = [
    "https://api.openai.com.evil.example/v1",
    "https://evil.example/api.openai.com/v1",
    "https://evil.example/@api.openai.com/v1",
    "https://api-openai.com/v1",
    "https://api.openai.com./v1",
    "https://xapi.openai.com/v1",
    "http://127.0.0.1.evil.example/v1",
    "http://127.0.0.1./v1",
    "http://localhost.evil.example:8000/v1",
    "http://localhost.:8000/v1",
    "http://0.0.0.0:8000/v1",
    "http://2130706433/v1",
    "http://0x7f000001/v1",
    "http://0177.0.0.1/v1",
    "http://127.1/v1",
    "http://127.0.0.01/v1",
    "http://127.0.0.999/v1",
    "http://[::]/v1",
    "http://[::ffff:8.8.8.8]/v1",
    "http://169.254.169.254/v1",
    "http://10.0.0.8:8000/v1",
    "http://intranet/v1",
]


@pytest.mark.parametrize("url", UNKNOWN)
def test_an_unknown_host_is_not_asked_at_all_unless_the_user_allows_it(url: str) -> None:
    with pytest.raises(RecipeError, match=r"not a known provider.*--allow-host"):
        keys(url)


@pytest.mark.parametrize("url", UNKNOWN)
def test_an_allowed_host_gets_no_key_that_nobody_named(url: str) -> None:
    host = url.split("/")[2]

    assert keys(url, host) == [None]


@pytest.mark.parametrize("url", [*UNKNOWN, "http://127.0.0.1:8000/v1"])
@pytest.mark.parametrize("key", ["OPENAI_API_KEY", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "PGPASS"])
def test_another_services_key_goes_nowhere_else_even_where_the_user_names_it(
    url: str, key: str
) -> None:
    host = url.split("/")[2]
    with pytest.raises(RecipeError, match=f"{key} belongs to another service"):
        keys(url, f"{host}={key}", key=key)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:pass@api.openai.com/v1",
        "https://api.openai.com@evil.example/v1",
        "https://evil.example\\@api.openai.com/v1",
        "https://evil.example\\.api.openai.com/v1",
        "https://evil.example#@api.openai.com/v1",
        "https://evil.example?.api.openai.com/v1",
        "https://api.openai.com/v1?key=1",
        "https://api.openai.com:evil/v1",
        "https://api.openai.com:443:443/v1",
        "https://127.0.0.1:80evil.example/v1",
        "https://api.openai.com%2eevil.example/v1",
        "https://%61pi.openai.com/v1",
        "https://api.openai.com。evil.example/v1",
        "https://аpi.openai.com/v1",  # the first letter is Cyrillic
        "http://１２７.0.0.1/v1",
        "http://127.٠.0.1/v1",
        "http://[::1/v1",
        "http://::1/v1",
        "http://[::1%25eth0]/v1",
        "https:///v1",
        "https://",
        "//api.openai.com/v1",
        "file:///etc/passwd",
        "ftp://127.0.0.1/v1",
        "HTTPS://api.openai.com/v1",
        "https://api.openai.com/v1\n",
        "https://api.openai.com\n.evil.example/v1",
        " https://api.openai.com/v1",
        "https://api.openai.com\t/v1",
        "https://api.openai.com/v1\\..\\x",
    ],
)
def test_what_two_readers_could_read_differently_is_no_address(url: str) -> None:
    with pytest.raises(ValidationError, match="base_url"):
        a_teacher(url)


def test_a_port_that_cannot_be_is_told() -> None:
    with pytest.raises(RecipeError, match=r"http://127.0.0.1:99999/v1 is no address"):
        keys("http://127.0.0.1:99999/v1")


@pytest.mark.parametrize(
    ("host", "is_it"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.255.0.9", True),
        ("::1", True),
        ("0:0:0:0:0:0:0:1", True),
        ("127.0.0.1.evil.example", False),
        ("128.0.0.1", False),
        ("127.1", False),
        ("", False),
    ],
)
def test_this_machine_is_known(host: str, is_it: bool) -> None:
    assert is_loopback(host) == is_it


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/v1", "http://localhost/v1", "http://[::1]:8000/v1"]
)
def test_this_machine_needs_no_permission_and_gets_no_key(url: str) -> None:
    assert keys(url) == [None]


@pytest.mark.parametrize(
    ("url", "allow"),
    [
        ("http://lab.example/v1", "lab.example=LAB_KEY"),
        ("http://lab.example:8000/v1", "lab.example=LAB_KEY"),
        ("http://lab.example:8000/v1", "lab.example:8000=LAB_KEY"),
        ("http://lab.example:8000/v1", "LAB.Example:8000=LAB_KEY"),
        ("http://[fd00::7]/v1", "[fd00::7]=LAB_KEY"),
        ("http://[fd00::7]:8000/v1", "fd00::7=LAB_KEY"),
        ("http://[fd00::7]:8000/v1", "[fd00::7]:8000=LAB_KEY"),
    ],
)
def test_a_user_names_a_host_with_or_without_its_port(url: str, allow: str) -> None:
    assert keys(url, allow, key="LAB_KEY") == ["LAB_KEY"]


def test_a_host_allowed_at_one_port_is_not_allowed_at_another() -> None:
    with pytest.raises(RecipeError, match="not a known provider"):
        keys("http://lab.example:9000/v1", "lab.example:8000=LAB_KEY", key="LAB_KEY")


@pytest.mark.parametrize("allow", ["lab.example", "lab.example=OTHER_KEY", "x.example=LAB_KEY"])
def test_the_recipe_alone_cannot_send_a_variable_away(allow: str) -> None:
    with pytest.raises(RecipeError, match=r"--allow-host lab.example=LAB_KEY"):
        keys("http://lab.example:8000/v1", allow, key="LAB_KEY")


def test_a_provider_gets_another_key_only_when_the_user_names_it() -> None:
    assert keys(OPENAI, "api.openai.com=SECOND_KEY", key="SECOND_KEY") == ["SECOND_KEY"]
    with pytest.raises(RecipeError, match=r"--allow-host api.openai.com=SECOND_KEY"):
        keys(OPENAI, key="SECOND_KEY")


def test_one_host_of_several_that_is_unknown_stops_all() -> None:
    teacher = OpenAI.model_validate(
        {"kind": "openai", "model": "m", "base_urls": ["http://127.0.0.1/v1", "http://x.example"]}
    )
    with pytest.raises(RecipeError, match=r"x.example is not a known provider"):
        addresses(teacher, {}, "t")


@pytest.mark.parametrize(
    "given", ["", "=KEY", "http://lab.example", "lab.example/v1", "lab.example=", "lab.example=key"]
)
def test_permissions_of_another_form_are_told(given: str) -> None:
    with pytest.raises(RecipeError, match="HOST or HOST=VARIABLE"):
        allowed([given])


def test_a_second_permission_without_a_key_does_not_undo_the_first() -> None:
    assert allowed(["a.example=A_KEY", "a.example"]) == {"a.example": "A_KEY"}


def checked(teacher: OpenAI, budget: dict[str, float] | None) -> None:
    check(teacher, None if budget is None else Budget.model_validate(budget), {}, "t")


PRICES = {"input": 1, "output": 2}


@pytest.mark.parametrize(
    "teacher",
    [a_teacher(OPENAI, prices=PRICES), a_teacher("http://127.0.0.1:8000/v1", prices=PRICES)],
)
def test_a_paid_teacher_without_a_budget_is_an_error(teacher: OpenAI) -> None:
    checked(teacher, {"usd": 1})
    with pytest.raises(RecipeError, match=r"costs money, and synthesize.budget is missing"):
        checked(teacher, None)


def test_a_provider_without_prices_is_paid_too() -> None:
    with pytest.raises(RecipeError, match="costs money"):
        checked(a_teacher(OPENAI), None)


def test_dollars_bound_nothing_where_there_are_no_prices() -> None:
    with pytest.raises(RecipeError, match="has no prices"):
        checked(a_teacher(OPENAI), {"usd": 5})
    checked(a_teacher(OPENAI), {"usd": 5, "calls": 10})
    checked(a_teacher(OPENAI), {"tokens": 1_000})


@pytest.mark.parametrize(
    "teacher",
    [
        Miner(kind="miner"),
        Replay(kind="replay", model="m"),
        a_teacher("http://127.0.0.1:8000/v1"),
        a_teacher("http://127.0.0.1:8000/v1", prices={"input": 0, "output": 0}),
    ],
)
def test_what_costs_nothing_needs_no_budget(teacher: Miner | OpenAI | Replay) -> None:
    check(teacher, None, {}, "t")


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAB_KEY", raising=False)
    with pytest.raises(RecipeError, match=r"lab:1 needs a key.*LAB_KEY is not set"):
        secret(Address("http://lab:1/v1", "LAB_KEY"), "t")


@pytest.mark.parametrize("value", ["two words", "clé-secrète-0123", "line\nbreak", "nul\x7f"])
def test_what_cannot_be_a_key_is_refused_without_being_shown(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("LAB_KEY", value)
    with pytest.raises(RecipeError, match="the variable LAB_KEY holds") as refused:
        secret(Address("http://lab:1/v1", "LAB_KEY"), "t")

    assert value not in str(refused.value)


def test_white_space_around_a_key_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_KEY", " sk-1234 \n")

    assert secret(Address("http://lab:1/v1", "LAB_KEY"), "t") == "sk-1234"


def test_no_key_is_read_where_none_is_sent() -> None:
    assert secret(Address("http://lab:1/v1", None), "t") is None
