"""One frozen Settings, read from the environment once; in production it refuses an empty or default secret."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

SHORTEST_SECRET = 32
Network = IPv4Network | IPv6Network


class SettingRefused(Exception):
    """A setting is missing, malformed or dangerous; the text names it and the mend. The process exits with 78."""

    def __init__(self, name: str, matter: str, mend: str) -> None:
        super().__init__(f"{name} {matter}. {mend}")
        self.name = name


def setting(name: str, help: str, *, default: str = "", secret: bool = False) -> str:
    """A setting: its name in the environment, what it is for, its default. Values are parsed in `read`."""
    return field(default=default, metadata={"name": name, "help": help, "secret": secret})


@dataclass(frozen=True, repr=False)
class Settings:
    """Everything an operator may set. Each line is also a line of the README's table (a test compares them)."""

    mode: str = setting("KARIGAR_MODE", "`demo` or `production`", default="production")
    home: str = setting("KARIGAR_HOME", "Folder of the embedded database, keys and files", default=".karigar")
    database_url: str = setting("DATABASE_URL", "A PostgreSQL >= 15; empty: the embedded one", secret=True)
    keys_database_url: str = setting("KEYS_DATABASE_URL", "Another database, for personal keys only", secret=True)
    key_file: str = setting("KARIGAR_KEY_FILE", "File with the key-encryption key and the look-up key")
    redis_url: str = setting("REDIS_URL", "Redis as broker; empty: a worker inside the web process", secret=True)
    base_url: str = setting("BASE_URL", "Public address of the site", default="http://127.0.0.1:8000")
    trusted_proxy: str = setting("TRUSTED_PROXY", "Proxies whose X-Forwarded-For is believed: addresses or networks")
    session_secret: str = setting("SESSION_SECRET", "32 or more random characters: form tokens", secret=True)
    sandbox_bank_url: str = setting("SANDBOX_BANK_URL", "Address of the sandbox bank (never in production)")
    sandbox_bank_secret: str = setting("SANDBOX_BANK_SECRET", "Shared with the sandbox bank: signs", secret=True)
    gateways: str = setting(
        "GATEWAYS", "Gateways that are on, each with its currencies; empty: all that are configured"
    )
    stripe_secret_key: str = setting("STRIPE_SECRET_KEY", "Key of the Stripe account, sk_ or rk_", secret=True)
    stripe_webhook_secret: str = setting(
        "STRIPE_WEBHOOK_SECRET", "whsec_ of the endpoint, several by blanks", secret=True
    )
    stripe_api_base: str = setting("STRIPE_API_BASE", "Address of a simulated Stripe (never in production)")
    zarinpal_merchant_id: str = setting("ZARINPAL_MERCHANT_ID", "Merchant code of Zarinpal", secret=True)
    zarinpal_api_base: str = setting("ZARINPAL_API_BASE", "Address of Zarinpal, when it is not the usual one")
    sslcommerz_store_id: str = setting("SSLCOMMERZ_STORE_ID", "Store id of SSLCommerz")
    sslcommerz_store_password: str = setting("SSLCOMMERZ_STORE_PASSWORD", "Its password", secret=True)
    sslcommerz_api_base: str = setting("SSLCOMMERZ_API_BASE", "Address of SSLCommerz, when it is not the usual one")
    payout_account: str = setting("PAYOUT_ACCOUNT", "Account that payouts leave from, as its bank writes it")
    payout_bank: str = setting("PAYOUT_BANK", "Code of that bank in the country's clearing, if it has one")
    statements_folder: str = setting("STATEMENTS_FOLDER", "Folder whose files of banks and gateways are taken in")
    sms_url: str = setting("SMS_URL", "apprise URL of the SMS channel", secret=True)
    email_url: str = setting("EMAIL_URL", "apprise URL of the e-mail channel", secret=True)
    threads: str = setting("KARIGAR_THREADS", "Handler threads, and database connections, of a process", default="20")
    log_level: str = setting("KARIGAR_LOG", "debug, info, warning or error", default="info")

    @property
    def production(self) -> bool:
        return self.mode == "production"

    @property
    def home_path(self) -> Path:
        return Path(self.home).absolute()

    @property
    def secure(self) -> bool:
        """Cookies demand https."""
        return self.base_url.startswith("https://")

    @property
    def trusted_proxies(self) -> tuple[Network, ...]:
        """The networks whose word about the reader's address is believed; none unless set."""
        return _networks(self.trusted_proxy)

    @property
    def thread_count(self) -> int:
        return int(self.threads)

    def masked(self) -> dict[str, str]:
        """Every setting by its name, for an administrator's eyes: a secret shows only whether it is set."""
        shown = {}
        for each in fields(self):
            value = getattr(self, each.name)
            shown[each.metadata["name"]] = ("set" if value else "") if each.metadata["secret"] else value
        return shown


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this process.

    Raises SettingRefused with the setting's name and the mend.
    """
    found = {
        each.name: environment.get(each.metadata["name"], "").strip() or str(each.default) for each in fields(Settings)
    }
    settings = Settings(**found)
    _check_shapes(settings)
    if settings.production:
        _check_production(settings)
    return settings


def _check_shapes(settings: Settings) -> None:
    if settings.mode not in ("demo", "production"):
        raise SettingRefused("KARIGAR_MODE", f"is {settings.mode!r}", "Set it to demo or production")
    if not settings.threads.isdigit() or not 1 <= int(settings.threads) <= 200:
        raise SettingRefused("KARIGAR_THREADS", f"is {settings.threads!r}", "Set it to a number from 1 to 200")
    _check_proxies(settings.trusted_proxy)
    for name, value, starts in (
        ("DATABASE_URL", settings.database_url, ("postgresql://", "postgresql+psycopg://", "postgres://")),
        ("KEYS_DATABASE_URL", settings.keys_database_url, ("postgresql://", "postgresql+psycopg://", "postgres://")),
        ("REDIS_URL", settings.redis_url, ("redis://", "rediss://", "unix://")),
        ("BASE_URL", settings.base_url, ("http://", "https://")),
    ):
        if value and not value.startswith(starts):
            raise SettingRefused(name, "has an unknown form", f"It starts with {' or '.join(starts)}")
    if settings.keys_database_url and settings.keys_database_url == settings.database_url:
        raise SettingRefused("KEYS_DATABASE_URL", "names the main database", "Keys live in a database of their own")


@cache
def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(each) for each in text.replace(",", " ").split())


def _check_proxies(text: str) -> None:
    try:
        networks = _networks(text)
    except ValueError:
        raise SettingRefused(
            "TRUSTED_PROXY", f"is {text!r}", "Name addresses or networks such as 10.0.0.2 or 10.0.0.0/24"
        ) from None
    if any(each.prefixlen == 0 for each in networks):
        raise SettingRefused(
            "TRUSTED_PROXY", "believes everybody", "Name your proxies: anybody else may forge the header"
        )


def _check_production(settings: Settings) -> None:
    for name, value in (
        ("DATABASE_URL", settings.database_url),
        ("KEYS_DATABASE_URL", settings.keys_database_url),
        ("KARIGAR_KEY_FILE", settings.key_file),
        ("SESSION_SECRET", settings.session_secret),
    ):
        if not value:
            raise SettingRefused(name, "is not set", "Production needs it; see the settings table of README.md")
    if len(settings.session_secret) < SHORTEST_SECRET or len(set(settings.session_secret)) < 10:
        raise SettingRefused("SESSION_SECRET", "is short or a default", f"Give it {SHORTEST_SECRET} random characters")
    if not Path(settings.key_file).is_file():
        raise SettingRefused("KARIGAR_KEY_FILE", "names no file", "Make one with: karigar keys make FILE")
    local = settings.base_url.startswith(("http://127.0.0.1", "http://localhost"))
    if not settings.secure and not local:
        raise SettingRefused("BASE_URL", "is not https", "Put a TLS proxy in front and name its https address")
    if settings.sandbox_bank_url or settings.sandbox_bank_secret:
        raise SettingRefused("SANDBOX_BANK_URL", "names a simulator", "The sandbox bank is never used in production")
