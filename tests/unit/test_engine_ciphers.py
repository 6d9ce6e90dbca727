"""Ciphers of the host's library, with the answers of FIPS 197, SP 800-38A and the paper on GCM."""

from __future__ import annotations

import pytest

from ring3k.abi.status import STATUS_INSUFFICIENT_RESOURCES, NtError
from ring3k.engine.ciphers import Cipher, Ciphers
from ring3k.ke.pool import Pool
from ring3k.userland.wine_bcrypt import AES, CBC, GCM, KEY_COST, NAMES, TRIPLE_DES, Key

KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
VECTOR = bytes(range(16))
PLAIN = bytes.fromhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51")
SECRET = bytes.fromhex("7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2")


def cipher(name: str, encrypts: bool, key: bytes, vector: bytes, tagged: bool = False) -> Cipher:
    ciphers = Ciphers()
    if ciphers.new("aes-128-cbc", True, bytes(16), bytes(16), False) is None:
        pytest.skip("Python has no OpenSSL here")
    found = ciphers.new(name, encrypts, key, vector, tagged)
    assert found is not None
    return found


@pytest.mark.parametrize("name", NAMES.values())
def test_all_that_bcrypt_may_ask_for_are_there(name: str) -> None:
    sizes = {size for (_, size, _), one in NAMES.items() if one == name}
    cipher(name, True, bytes(sizes.pop()), bytes(16), name.endswith("GCM"))


def test_blocks_are_chained() -> None:
    one = cipher(NAMES[AES, 16, CBC], True, KEY, VECTOR)
    assert [one.update(PLAIN[:16]), one.update(PLAIN[16:])] == [SECRET[:16], SECRET[16:]]
    assert cipher(NAMES[AES, 16, CBC], False, KEY, VECTOR).update(SECRET) == PLAIN
    assert cipher(NAMES[TRIPLE_DES, 24, CBC], True, bytes(24), bytes(8)).update(bytes(8)) == bytes.fromhex(
        "8ca64de9c1b123a7"
    )


def test_tags() -> None:
    one = cipher(NAMES[AES, 24, GCM], True, bytes(24), bytes(12), True)
    assert one.tag(16) == bytes.fromhex("cd33b28ac773f74ba00ed1f312572435")
    one = cipher(NAMES[AES, 16, GCM], True, bytes(16), bytes(12), True)
    assert one.update(bytes(16)) == bytes.fromhex("0388dace60b6a392f328c2b971b2fe78")
    assert one.tag(13) == bytes.fromhex("ab6e47d42cec13bdf53a67b212")


def test_what_is_no_cipher() -> None:
    ciphers = Ciphers()
    assert ciphers.new("nothing", True, bytes(16), bytes(16), False) is None
    assert ciphers.new(NAMES[AES, 16, GCM], True, bytes(16), b"", True) is None


@pytest.mark.parametrize("length", [0, 1, 15])
def test_short_vectors_and_secrets_end_in_zeros(length: int) -> None:
    """The library reads as many bytes as the cipher has: what is behind ours must not come in."""
    short = cipher(NAMES[AES, 16, CBC], True, KEY, VECTOR[:length])
    whole = cipher(NAMES[AES, 16, CBC], True, KEY, VECTOR[:length].ljust(16, b"\0"))
    assert short.update(PLAIN) == whole.update(PLAIN)
    short = cipher(NAMES[AES, 32, CBC], True, KEY[:length], VECTOR)
    whole = cipher(NAMES[AES, 32, CBC], True, KEY[:length].ljust(32, b"\0"), VECTOR)
    assert short.update(PLAIN) == whole.update(PLAIN)


def test_keys_are_charged() -> None:
    pool = Pool(KEY_COST + 100)
    pool.charge(KEY_COST)
    key = Key(pool, Ciphers(), NAMES[AES, 16, GCM], bytes(16), bytes(12), True)
    key.authenticate(bytes(100))
    with pytest.raises(NtError) as caught:
        key.authenticate(b"1")
    assert caught.value.status == STATUS_INSUFFICIENT_RESOURCES
    del caught
    assert pool.used == KEY_COST + 100
    del key
    assert pool.used == 0
