"""Users: who they are and how they prove it. Server-wide, beside the games.

A token is 256 random bits, so its SHA-256 is enough to keep; passwords and the admin secret are
chosen by people and kept as argon2id, which takes 40 ms and therefore runs in threads of its own.
Secrets come in as arguments and leave as return values only: never in a log, an error or a repr.
"""

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from typing import TypeVar
from weakref import WeakValueDictionary
from zlib import crc32

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cxgame.in_thread import in_thread
from cxgame.model.errors import Code, Rejection, reject
from cxgame.ports import UserStore

RESERVED = frozenset({"house", "mockx", "admin", "system"})
ADMIN = "admin"  # the key under which the admin secret's hash is kept; no user can have it
OWNER = "mockx"  # the same of the game's own API key, if it was made here; also its account
THREADS = 2  # of hashing: 19 MiB each while it runs
MAX_WAITING = 256  # hashes at once: a class that registers takes 5 s; more are told to wait
BUSY_MS = 1_000  # the wait they are told

Result = TypeVar("Result")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}", re.ASCII)


class User(msgspec.Struct, frozen=True):
    """A user as the store keeps it."""

    name: str  # as it was registered; compared without case
    token_sha256: str = ""  # hexadecimal; "" matches no token
    password: str = ""  # argon2id; "" if none was given
    created_ms: int = 0

    def __repr__(self) -> str:
        return f"User({self.name!r})"


class UserDamaged(Exception):
    """A record is not what was stored: nobody could tell who may log in."""


class Users:
    """All users, in memory, and written through to a store. Call `load` before anything else."""

    def __init__(self, store: UserStore) -> None:
        self._store = store
        self._users: dict[str, User] = {}
        self._holders: dict[str, User] = {}  # by the hash of their token
        self._rotating: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # by name
        self._hashing = _Hashing()
        self._admin_sha256 = b""  # of the admin secret, once it has been verified

    async def load(self) -> None:
        """Read all records; raises `UserDamaged`."""
        try:
            records = await self._store.load()
            self._users = {key: _decode(record, key) for key, record in records.items()}
        except (ValueError, msgspec.DecodeError) as error:
            raise UserDamaged(f"the users are damaged: {error}") from error
        for user in self._users.values():
            self._keep(user)

    def __len__(self) -> int:
        """How many users there are."""
        return len(self._users) - (ADMIN in self._users) - (OWNER in self._users)

    def find(self, name: str) -> User | None:
        """The user of this name, in any case."""
        key = name.casefold()
        return None if key in RESERVED else self._users.get(key)

    def holder(self, token_sha256: str) -> User | None:
        """Whose token has this hash: a hash is looked up, so how long it takes tells nothing."""
        return self._holders.get(token_sha256)

    async def register(
        self, name: str, token: str | None, password: str | None, wall_ms: int
    ) -> str | Rejection:
        """Make a user and return its token: the client's own, or else a new one.

        Repeated with the same token it answers the same, so that a client whose reply was lost
        can ask again; a name that belongs to someone else is AUTH_USER_TAKEN.
        """
        refusal = bad_name(name)
        if refusal is not None:
            return refusal
        known = self.find(name)
        if known is not None:
            return _same_user(known, token)
        password_hash = ""
        if password is not None:
            hashed = await self._hashing.hash(password)
            if isinstance(hashed, Rejection):
                return hashed
            password_hash = hashed
        secret = token or new_token()
        user = User(name, sha256(secret), password_hash, wall_ms)
        try:
            existing = await self._store.create(name.casefold(), _encode(user))
        except ConnectionError:  # it may be there, or come to be: the same token finds out
            return reject(Code.STATE_UNKNOWN)
        if existing is not None:  # someone was faster
            user = _decode(existing, name.casefold())
        self._keep(user)
        return _same_user(user, secret)

    def check_token(self, name: str, token: str) -> User | Rejection:
        """Who proves with a token to be `name`."""
        user = self.find(name)
        if user is None:
            return reject(Code.AUTH_UNKNOWN_USER)
        return user if _is_token_of(user, token) else reject(Code.AUTH_TOKEN)

    async def check_password(self, name: str, password: str) -> User | Rejection:
        """Who proves with a password to be `name`."""
        user = self.find(name)
        if user is None:
            return reject(Code.AUTH_UNKNOWN_USER)
        verified = await self._hashing.verify(user.password, password)
        if isinstance(verified, Rejection):
            return verified
        now = self.find(name)  # a password that was taken away meanwhile counts no more
        if not verified or now is None or now.password != user.password:
            return reject(Code.AUTH_PASSWORD)
        return now

    async def rotate(
        self, name: str, token: str | None = None, *, keeps_password: bool = True
    ) -> str | Rejection:
        """Replace a user's token, by the client's own or a new one; the old one is worthless.

        Without `keeps_password` so is his password: nobody gets in but by the new token.

        One after another: an earlier call that still waits for the store, its asker long gone,
        must not put its token over one that was acknowledged since.
        """
        key = name.casefold()
        secret = token or new_token()
        async with self._rotating.setdefault(key, asyncio.Lock()):
            user = msgspec.structs.replace(self._users[key], token_sha256=sha256(secret))
            if not keeps_password:
                user = msgspec.structs.replace(user, password="")
            try:
                await self._store.put(key, _encode(user))
            except ConnectionError:  # either token may turn out to be valid
                return reject(Code.STATE_UNKNOWN)
            self._keep(user)
        return secret

    async def set_admin_secret(self, given: str | None) -> str | None:
        """Keep the hash of `given`; without it and without one kept, make a secret and return it.

        What is returned is to be printed once; it can't be read again.
        """
        if given is None and ADMIN in self._users:
            return None
        secret = given or secrets.token_urlsafe(18)
        hashed = await self._hashing.hash(secret)
        assert isinstance(hashed, str), "nothing else hashes while the server starts"
        user = User(ADMIN, password=hashed)
        await self._store.put(ADMIN, _encode(user))
        self._users[ADMIN] = user
        self._admin_sha256 = b""
        return None if given else secret

    async def make_api_key(self) -> str | None:
        """Make the game's own API key, unless one is kept; it is to be printed once."""
        if OWNER in self._users:
            return None
        key = new_token()
        user = User(OWNER, token_sha256=sha256(key))
        await self._store.put(OWNER, _encode(user))
        self._users[OWNER] = user
        return key

    @property
    def api_key_sha256(self) -> str:
        """What is kept of the API key that was made here; "" if none was."""
        kept = self._users.get(OWNER)
        return "" if kept is None else kept.token_sha256

    def is_known_admin_secret(self, secret: str) -> bool:
        """Whether this is the admin secret and was verified before: a quick yes."""
        digest = hashlib.sha256(secret.encode()).digest()
        return bool(self._admin_sha256) and hmac.compare_digest(digest, self._admin_sha256)

    async def check_admin_secret(self, secret: str) -> Rejection | None:
        """Verify the admin secret; a wrong one always costs the full time."""
        admin = self._users.get(ADMIN)
        verified = await self._hashing.verify(admin.password if admin else "", secret)
        if isinstance(verified, Rejection):
            return verified
        if not verified:
            return reject(Code.AUTH_SECRET)
        self._admin_sha256 = hashlib.sha256(secret.encode()).digest()
        return None

    def _keep(self, user: User) -> None:
        """Know a user, and by the present token only."""
        key = user.name.casefold()
        before = self._users.get(key)
        self._users[key] = user
        if before is not None and self._holders.get(before.token_sha256) is before:
            del self._holders[before.token_sha256]
            for other in self._users.values():  # who registers several names may use one token
                self._hold(other, before.token_sha256)
        self._hold(user, user.token_sha256)

    def _hold(self, user: User, token_sha256: str) -> None:
        is_users = user.name.casefold() not in RESERVED
        if is_users and token_sha256 and user.token_sha256 == token_sha256:
            self._holders[token_sha256] = user


def bad_name(name: str, field: str = "username") -> Rejection | None:
    """The refusal of a name outside of the rule, or of one that is reserved."""
    if _NAME.fullmatch(name) is None or name.casefold() in RESERVED:
        return reject(Code.PARAM_NAME, name=field)
    return None


def new_token() -> str:
    """256 random bits in hexadecimal."""
    return secrets.token_hex(32)


def sha256(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


_decoder = msgspec.json.Decoder(User)
_SEAL = b',"crc":"%08x"}'  # closes a record; older ones have none


def _encode(user: User) -> bytes:
    """A record as JSON, closed by the CRC-32 of what is before it."""
    body = msgspec.json.encode(user)[:-1]
    return body + _SEAL % crc32(body)


def _decode(record: bytes, key: str) -> User:
    """Raises ValueError or DecodeError, also for a checksum or a name that does not fit."""
    user = _decoder.decode(record)
    body, found, _ = record.rpartition(b',"crc":')
    if found and body + _SEAL % crc32(body) != record:
        raise ValueError(f"the checksum of {key!r} does not fit")
    if user.name.casefold() != key:
        raise ValueError(f"{user.name!r} is kept as {key!r}")
    return user


def _is_token_of(user: User, token: str) -> bool:
    return hmac.compare_digest(sha256(token), user.token_sha256)


def _same_user(user: User, token: str | None) -> str | Rejection:
    """The token again for whoever holds it; nobody else gets the name."""
    if token is not None and _is_token_of(user, token):
        return token
    return reject(Code.AUTH_USER_TAKEN)


class _Hashing:
    """argon2id in a bounded number of threads, with a bounded queue before them."""

    def __init__(self) -> None:
        self._argon2 = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._free = asyncio.Semaphore(THREADS)
        self._waiting = 0

    async def hash(self, secret: str) -> str | Rejection:
        """What is kept of a secret that a person chose."""
        return await self._run(self._argon2.hash, secret)

    async def verify(self, hashed: str, secret: str) -> bool | Rejection:
        """Whether `secret` is what was hashed; nothing matches an empty hash."""
        return await self._run(self._verify, hashed, secret)

    async def _run(self, work: Callable[..., Result], *arguments: str) -> Result | Rejection:
        if self._waiting >= MAX_WAITING:
            return reject(Code.LIMIT_RATE, wait_ms=str(BUSY_MS))
        self._waiting += 1
        try:
            async with self._free:
                return await in_thread(work, *arguments)
        finally:
            self._waiting -= 1

    def _verify(self, hashed: str, secret: str) -> bool:
        try:
            return self._argon2.verify(hashed, secret)
        except (VerificationError, InvalidHashError):
            return False
