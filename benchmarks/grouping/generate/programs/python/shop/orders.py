"""Orders."""

import json

from shop import checks

PRICES = {"tea": 3}


# --- neighbours ---
def price_of(sku):
    return PRICES[sku]


def total(skus):
    prices = [price_of(sku) for sku in skus]  # a frame of its own before Python 3.12
    return sum(prices)


def read_rows(text):
    return json.loads(text)


def first_quantity(rows):
    return int(rows[0])


def customer_of(order):
    return order["customer"].name


def place(order):
    checks.require(order, "address")
    return order


def reserve(order):
    checks.require(order, "warehouse")
    return order


def check_limit(limit, unit):
    if unit is None:
        raise ValueError(f"limit {limit} has no unit")
    if limit > 0:
        raise ValueError(f"limit {limit} is too high for {unit}")


def close(order):
    assert order["state"] == "paid"
