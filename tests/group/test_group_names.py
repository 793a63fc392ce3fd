"""Digits in names: of versions and well-known names they stay, of one thing among many they go."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from logmedic.group.masking import Masking
from logmedic.group.template import Templates
from logmedic.group.vocabulary import CODE_OWNERS, KEPT_AFTER, KEPT_WORDS, PODS, PORTS


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("flag new-checkout-v2 is off", "flag new-checkout-v3 is off"),
        ("rollout of checkout_v2 failed", "rollout of checkout_v12 failed"),
        ("PricingServiceV1 is gone", "PricingServiceV2 is gone"),
        ("no handler for orders.v1.created", "no handler for orders.v2.created"),
        ("no matches for kind in apps/v1beta1", "no matches for kind in apps/v1beta2"),
        ("enable-http2 is set", "enable-http3 is set"),
        ("cipher TLS_AES_128_GCM_SHA256 refused", "cipher TLS_AES_256_GCM_SHA384 refused"),
        ("libcrypt_x86_64 is missing", "libcrypt_x64 is missing"),
        ("POST /checkout-v2/pay failed", "POST /checkout-v3/pay failed"),
        ("feature layout2 unknown", "feature layout3 unknown"),
        ("EXT3-fs error on sda1", "EXT4-fs error on sda1"),
        ("put failed, ws=s1", "put failed, ws=s3"),
    ],
)
def test_a_name_with_another_version_is_another_name(one: str, other: str) -> None:
    templates = Templates()
    assert templates(one) != templates(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("user42 is locked", "user7 is locked"),
        ("worker-17 died", "worker-3 died"),
        ("order-17-v2 is stale", "order-9-v11 is stale"),
        ("expected v12, got v13", "expected v44, got v45"),
        ("build shop-v183 failed", "build shop-v9042 failed"),
        ("pod web-v2-5d8f7c9b6d-x2x4k restarted", "pod web-v2-74b9c6d5f4-lmn7p restarted"),
        ("release v2.3.1 is broken", "release v2.4.0 is broken"),
        ("shard-utf8-4 is full", "shard-utf8-19 is full"),
    ],
)
def test_ids_and_counted_versions_are_one_bug(one: str, other: str) -> None:
    templates = Templates()
    assert templates(one) == templates(other)


_WORDS = st.sampled_from(
    [*sorted(KEPT_WORDS | PODS | CODE_OWNERS | PORTS), *KEPT_AFTER, "new-checkout-v2", "checkoutV2", "order-17-v2",
     "HTTP/1.1", "http/9.9", "404", "s3://b1/k2", "h2http://h1.example.com:8080/v2/x", "db:5432", "10.0.0.1:6379",
     "1234567", "v1.2.3", "0x1f", "1x80004005", "ns2/web-v2-5d8f7c9b6d-x2x4k", "apps/v1beta1", "'col2'"]
)  # fmt: skip
_BETWEEN = st.sampled_from([" ", " ", " ", "=", ": ", ", ", "", "-", "_", "/"])


@settings(max_examples=examples(800))
@given(st.lists(st.tuples(_WORDS, _BETWEEN), max_size=6), st.randoms(use_true_random=False))
def test_what_was_seen_before_with_other_digits_changes_no_template(
    pieces: list[tuple[str, str]], chance: random.Random
) -> None:
    text = "".join(word + between for word, between in pieces)
    templates = Templates()
    for _ in range(4):
        assert templates(text) == Masking(text).template
        text = re.sub("[0-9]", lambda found: chance.choice((found[0], chance.choice("0123456789"))), text)


def test_an_address_met_before_does_not_pass_the_slow_search_again(monkeypatch: pytest.MonkeyPatch) -> None:
    templates = Templates()
    texts = [f"connection to 10.0.{n}.{n}:5432 refused (os error 11{n})" for n in (1, 2, 3)]
    expected = [Masking(text).template for text in texts]
    found = [templates(text) for text in texts]
    monkeypatch.setattr("logmedic.group.words.rewritten", None)
    assert found == expected == [templates(text) for text in texts]
