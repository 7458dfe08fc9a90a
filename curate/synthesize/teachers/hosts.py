"""Which hosts a teacher may be at, and whose key goes there.

A recipe may come from a stranger. It can name a known provider or this machine; any other host has
to be allowed by the user, and so has the variable whose key would be sent to it. A known provider's
own variable is never read for another host.
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from schemas.errors import RecipeError
from schemas.teachers import Budget, Miner, OpenAI, Replay

PROVIDERS = {
    "api.openai.com": "OPENAI_API_KEY",
    "openrouter.ai": "OPENROUTER_API_KEY",
    "api.mistral.ai": "MISTRAL_API_KEY",
    "api.anthropic.com": "ANTHROPIC_API_KEY",
    "generativelanguage.googleapis.com": "GEMINI_API_KEY",
    "api.deepseek.com": "DEEPSEEK_API_KEY",
    "api.groq.com": "GROQ_API_KEY",
    "api.together.xyz": "TOGETHER_API_KEY",
    "api.fireworks.ai": "FIREWORKS_API_KEY",
    "api.x.ai": "XAI_API_KEY",
    "api.cohere.ai": "COHERE_API_KEY",
    "router.huggingface.co": "HF_TOKEN",
}
"""Host of a provider that takes money -> the variable that its own documentation reads."""
OWN = re.compile(
    r"AWS_|AZURE_|GOOGLE_|GCP_|GH_|GITHUB_|GITLAB_|CI_|SSH_|KUBE|VAULT_|DATABASE_|PG|MYSQL_|REDIS_"
    r"|MONGO|DOCKER_|NPM_|PYPI_|TWINE_|SLACK_|STRIPE_|OPENAI_ADMIN_|HUGGING_?FACE|WANDB_|SUDO_"
)
"""Variables of other services; no recipe may have one sent anywhere."""
_KEY = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Address:
    """One server of a teacher."""

    url: str
    key: str | None
    """Variable that holds its key; None where none is sent."""

    @property
    def host(self) -> str:
        """Name and port, for people."""
        return urlsplit(self.url).netloc

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine."""
        return is_loopback(urlsplit(self.url).hostname or "")

    @property
    def is_openai(self) -> bool:
        """Whether it is OpenAI itself."""
        return urlsplit(self.url).hostname == "api.openai.com"


def is_loopback(host: str) -> bool:
    """Whether a host's name is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def allowed(given: tuple[str, ...] | list[str]) -> dict[str, str | None]:
    """`HOST` or `HOST=VARIABLE` options -> host -> the variable that the user names for it.

    Raises:
        RecipeError: one is of another form.
    """
    found: dict[str, str | None] = {}
    for one in given:
        host, equals, key = one.partition("=")
        if not host or "/" in host or (equals and not re.fullmatch(r"[A-Z][A-Z0-9_]*", key)):
            raise RecipeError(
                f"--allow-host {one}: not of the form HOST or HOST=VARIABLE. Give the host as in "
                f"the teacher's base_url, without http:// and path, and the name of a variable."
            )
        host = host.lower()
        bare = host.strip("[]") if host.endswith("]") else host
        found[bare] = key or found.get(bare)
    return found


def addresses(teacher: OpenAI, hosts: Mapping[str, str | None], where: str) -> list[Address]:
    """Where a teacher is reached, and with whose key.

    Args:
        teacher: its settings.
        hosts: what `allowed` gives.
        where: place in the recipe, for messages.

    Raises:
        RecipeError: a host that nobody allowed, or a key that must not go there.
    """
    return [_address(url, teacher, hosts, where) for url in teacher.addresses]


def _address(url: str, teacher: OpenAI, hosts: Mapping[str, str | None], where: str) -> Address:
    host, place = _parts(url, where)
    if host in PROVIDERS:
        own = PROVIDERS[host]
        if not url.startswith("https://"):
            raise RecipeError(f"{where}: {url} would send a key in the open. Write https://.")
        if teacher.key not in (None, own):
            _check_named(teacher.key, {host, place}, hosts, where)
        return Address(url, teacher.key or own)
    if not is_loopback(host) and not {host, place} & set(hosts):
        named = f"={teacher.key}" if teacher.key else ""
        raise RecipeError(
            f"{where}: {host} is not a known provider. If you trust it with the passages"
            f"{' and the key in ' + teacher.key if teacher.key else ''}, add --allow-host "
            f"{host}{named}."
        )
    if teacher.key is not None and not is_loopback(host):
        _check_named(teacher.key, {host, place}, hosts, where)
    if teacher.key in PROVIDERS.values() or (teacher.key and OWN.match(teacher.key)):
        raise RecipeError(
            f"{where}.key: {teacher.key} belongs to another service, and {host} must not have it. "
            f"Put this server's key into a variable of its own and name that."
        )
    return Address(url, teacher.key)


def _parts(url: str, where: str) -> tuple[str, str]:
    """A URL's host, and host with port, in small letters."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # which is read here, and may be none that there is
    except ValueError as error:
        raise RecipeError(f"{where}: {url} is no address ({error}). Correct it.") from error
    return (parts.hostname or "").lower(), parts.netloc.lower()


def _check_named(
    key: str | None, places: set[str], hosts: Mapping[str, str | None], where: str
) -> None:
    """Refuse to send a variable to a host for which the user has not named it."""
    if key not in {hosts.get(place) for place in places}:
        host = min(places, key=len)
        raise RecipeError(
            f"{where}.key: the recipe wants {key} sent to {host}. If you do too, add "
            f"--allow-host {host}={key}."
        )


def check(
    teacher: Miner | OpenAI | Replay,
    budget: Budget | None,
    hosts: Mapping[str, str | None],
    where: str,
) -> None:
    """Refuse a teacher that may not be asked, or whose cost nothing bounds.

    Raises:
        RecipeError: says which, and what to write.
    """
    if not isinstance(teacher, OpenAI):
        return
    found = addresses(teacher, hosts, where)
    if not is_paid(teacher, found):
        return
    if budget is None:
        raise RecipeError(
            f"{where}: {teacher.label} costs money, and synthesize.budget is missing. State one, "
            f"as budget: {{usd: 5}}; `retort plan` says what the run would cost."
        )
    if teacher.prices is None and budget.tokens is None and budget.calls is None:
        raise RecipeError(
            f"{where}: {teacher.label} has no prices, so budget.usd bounds nothing. Add prices: "
            f"{{input: …, output: …}} in dollars per million tokens, or bound tokens or calls."
        )


def is_paid(teacher: OpenAI, found: list[Address]) -> bool:
    """Whether its calls cost money: it has prices, or is with a provider that takes some."""
    priced = teacher.prices is not None and (teacher.prices.input or teacher.prices.output)
    return bool(priced) or any(urlsplit(one.url).hostname in PROVIDERS for one in found)


def secret(address: Address, where: str) -> str | None:
    """The key for a server, from the environment.

    Raises:
        RecipeError: the variable is not set.
    """
    if address.key is None:
        return None
    value = os.environ.get(address.key, "").strip()
    if not value:
        raise RecipeError(
            f"{where}: {address.host} needs a key, and the variable {address.key} is not set. "
            f"Set it in your shell; never write a key into a recipe."
        )
    if not _KEY.fullmatch(value):
        raise RecipeError(
            f"{where}: the variable {address.key} holds white space or letters that no key has. "
            f"Set it again, to the key alone."
        )
    return value
