"""Whether settings agree with each other: each of them alone is allowed already."""

from collections.abc import Callable, Mapping
from itertools import combinations

from cxgame.config.errors import ConfigError
from cxgame.config.settings import Settings

Named = Callable[[str], str]  # a setting and where it was said, as a person knows them


def check_agreement(settings: Settings, origins: Mapping[str, str]) -> None:
    """Refuse settings that contradict each other, with the places where they were said.

    Raises `ConfigError`.
    """

    def named(name: str) -> str:
        return f"{name} ({origins.get(name, 'default')})"

    for check in (_check_store, _check_ports, _check_keys, _check_times):
        check(settings, named)


def _check_store(settings: Settings, named: Named) -> None:
    if settings.memory:
        for name in ("valkey_url", "valkey_port"):
            if getattr(settings, name) is not None:
                raise ConfigError(f"{named('memory')} keeps nothing, so {named(name)} has no use")
    if settings.valkey_port is not None:
        if settings.valkey_url is not None:
            raise ConfigError(
                f"{named('valkey_port')} opens the Valkey that comes along, "
                f"but {named('valkey_url')} names another"
            )
        if settings.valkey_password is None:
            raise ConfigError(f"{named('valkey_port')} needs a password: set VALKEY_PASSWORD")


def _check_ports(settings: Settings, named: Named) -> None:
    ports = ["exchange_port", "feed_port"]
    if settings.http_bind is None:
        ports.append("http_port")
    for one, other in combinations(ports, 2):
        port = getattr(settings, one)
        if port != 0 and port == getattr(settings, other):
            raise ConfigError(f"{named(one)} and {named(other)} are both {port}")


def _check_keys(settings: Settings, named: Named) -> None:
    if settings.test_env and not settings.insecure and not settings.http_is_local:
        raise ConfigError(
            f"{named('test_env')} lets in everybody without a key, so {named('http_bind')} must be "
            "127.0.0.1, unless --insecure says that this is meant"
        )


def _check_times(settings: Settings, named: Named) -> None:
    least, most = settings.min_answer_time, settings.max_answer_time
    if least > most:
        raise ConfigError(
            f"{named('min_answer_time')} is {least:.15g}, more than the {most:.15g} of "
            f"{named('max_answer_time')}"
        )
