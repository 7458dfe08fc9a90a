"""The server starts where it is told, says where, stops when told; settings are checked."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from curate.synthesize.fake.server import serving
from curate.synthesize.fake.settings import FakeSettings, load
from recipes.verbs.fake import serve_fake
from schemas.errors import RecipeError
from tests.curate.synthesize.fake.asking import body, chat, connect, said

START = "from recipes.verbs import fake; import typer; typer.run(fake.serve_fake)"


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_the_verb_says_where_it_listens_and_ends_cleanly(tmp_path: Path, sign: int) -> None:
    config = tmp_path / "fake.yaml"
    config.write_text("seed: 3\nmodels: [from-file]\nlatency: 9\n")
    options = (
        f"--port 0 --config {config} --latency 0 --faults cut=0.5,slow=0.25 --model a --model b"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", START, *options.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    url = process.stdout.readline().strip()
    host, port = url.removeprefix("http://").removesuffix("/v1").split(":")
    with (
        socket.create_connection((host, int(port))),
        urllib.request.urlopen(f"{url}/models") as told,
    ):
        assert [model["id"] for model in json.load(told)["data"]] == ["a", "b"]
        process.send_signal(sign)
        out, err = process.communicate(timeout=10)

    assert (process.returncode, out, err) == (0, "", "")
    assert host == "127.0.0.1"


def test_stopping_ends_open_connections_and_frees_the_port() -> None:
    with serving(FakeSettings(latency=30)) as fake:
        connection = connect(fake)
        connection.sendall(chat(body()))
        while not fake.stats()["in_flight"]:
            time.sleep(0.01)
    with connection, contextlib.suppress(ConnectionResetError):
        assert connection.recv(10) == b""
    with pytest.raises(OSError):
        connect(fake)
    assert fake.stats()["answered"] == 0


def test_several_servers_run_beside_each_other() -> None:
    with serving() as one, serving() as other:
        assert one.url != other.url
        assert said(one, body()) == said(other, body())
        assert one.stats()["answered"] == other.stats()["answered"] == 1


def app() -> typer.Typer:
    made = typer.Typer()
    made.command()(serve_fake)
    return made


def test_a_port_that_is_taken_is_named() -> None:
    with serving() as fake:
        port = fake.url.removesuffix("/v1").rsplit(":", 1)[1]
        result = CliRunner().invoke(app(), ["--port", port])

    assert isinstance(result.exception, RecipeError)
    assert f"--port {port}" in str(result.exception)


def test_a_key_that_is_not_set_is_named() -> None:
    os.environ.pop("NOT_SET_HERE", None)
    with (
        pytest.raises(RecipeError, match="NOT_SET_HERE"),
        serving(FakeSettings(key_env="NOT_SET_HERE")),
    ):
        pass


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("latensy: 1", "latensy is not known; did you mean latency?"),
        ("faults: {cutt: 0.1}", "faults.cutt is not known; did you mean cut?"),
        ("faults: {cut: 1.5}", "faults.cut: .*less than or equal to 1 .got 1.5."),
        ("faults: {cut: 0.6, slow: 0.6}", "add up to 1.2"),
        ("outage: [3, 1]", "outage ends before it begins"),
        ("rules: [{match: '(', answer: 1}]", "rules.0.match"),
        ("- 1", "holds list"),
        ("a: [", "not YAML"),
    ],
)
def test_settings_that_are_wrong_are_named(tmp_path: Path, text: str, told: str) -> None:
    config = tmp_path / "fake.yaml"
    config.write_text(text)
    with pytest.raises(RecipeError, match=told) as wrong:
        load(config, {})
    assert str(config) in str(wrong.value)
    assert "\n" not in str(wrong.value)


def test_no_file_of_settings_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="No such file"):
        load(tmp_path / "none.yaml", {})


def test_options_go_over_the_file(tmp_path: Path) -> None:
    config = tmp_path / "fake.yaml"
    config.write_text("latency: 1\nrules: [{match: a, answer: {b: 1}}]\nfaults: {cut: 0.5}\n")
    settings = load(config, {"latency": 2.0, "faults": {"slow": "0.25"}})

    assert (settings.latency, settings.faults) == (2.0, {"slow": 0.25})
    assert settings.rules[0].answer == {"b": 1}
    assert load(None, {}) == FakeSettings()


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in FakeSettings.model_fields.values())
