"""Production does not start on an empty or default secret, and says which setting it is."""

from pathlib import Path

import pytest

from marketplace.foundation.settings import SettingRefused, read


@pytest.fixture
def production(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "keys").write_text("made by karigar keys make")
    return {
        "DATABASE_URL": "postgresql://karigar@db/karigar",
        "KEYS_DATABASE_URL": "postgresql://karigar@keys/keys",
        "KARIGAR_KEY_FILE": str(tmp_path / "keys"),
        "SESSION_SECRET": "sJq8XfJ0yTr5vLw2mNb7cKd4hGz9pQe1uWa6",
        "BASE_URL": "https://karigar.example",
    }


def test_a_whole_configuration_starts(production: dict[str, str]) -> None:
    assert read(production).production


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "mysql://db"),
        ("KEYS_DATABASE_URL", ""),
        ("KEYS_DATABASE_URL", "postgresql://karigar@db/karigar"),
        ("KARIGAR_KEY_FILE", ""),
        ("KARIGAR_KEY_FILE", "/nowhere/keys"),
        ("SESSION_SECRET", ""),
        ("SESSION_SECRET", "secret"),
        ("SESSION_SECRET", "x" * 64),
        ("BASE_URL", "http://karigar.example"),
        ("SANDBOX_BANK_URL", "http://127.0.0.1:9999"),
        ("KARIGAR_MODE", "debug"),
        ("KARIGAR_THREADS", "many"),
        ("REDIS_URL", "localhost"),
        ("TRUSTED_PROXY", "our proxy"),
        ("TRUSTED_PROXY", "10.0.0.7/24"),
        ("TRUSTED_PROXY", "10.0.0.0/24 0.0.0.0/0"),
    ],
)
def test_an_unsafe_one_is_refused_by_its_name(production: dict[str, str], name: str, value: str) -> None:
    with pytest.raises(SettingRefused, match=name):
        read(production | {name: value})


def test_a_secret_is_never_shown(production: dict[str, str]) -> None:
    settings = read(production)
    assert production["SESSION_SECRET"] not in repr(settings)
    assert settings.masked()["SESSION_SECRET"] == "set"
    assert "karigar@db" not in str(settings.masked())
