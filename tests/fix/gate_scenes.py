"""A small module in five languages with a bug, its good fix, and a test for it: what hostile edits are added to."""

# ruff: noqa: E501  a case a line
from __future__ import annotations

from dataclasses import dataclass

from logmedic.respond.fix.change import Change, FileChange, made


@dataclass(frozen=True)
class Sample:
    path: str
    old: str
    good: tuple[str, str]  # what the fix replaces, and by what
    test: str  # path of the new test
    new_test: str

    @property
    def fixed(self) -> str:
        assert self.old.count(self.good[0]) == 1, self.path
        return self.old.replace(*self.good)


SAMPLES = {
    "python": Sample(
        "shop/cart.py",
        '''"""Carts of the shop."""

import json
from decimal import Decimal

TIMEOUT = 5
MAX_ITEMS = 100


class Cart:
    """What somebody wants to buy."""

    def __init__(self, items):
        if not isinstance(items, list):
            raise TypeError("items must be a list")
        self.items = items

    def average(self):
        """The average price."""
        prices = [item["price"] for item in self.items]
        return sum(prices) / len(prices)

    def add(self, item):
        if item["price"] < 0:
            raise ValueError("a price below zero")
        validate(item)
        self.items.append(item)


def validate(item):
    assert "price" in item


def load(text):
    return Cart(json.loads(text))


def total(cart):
    return sum(Decimal(item["price"]) for item in cart.items)
''',
        ("        return sum(prices) / len(prices)", "        return sum(prices) / len(prices) if prices else 0"),
        "tests/test_empty_cart.py",
        "from shop.cart import Cart\n\n\ndef test_the_average_of_an_empty_cart_is_nothing():\n    assert Cart([]).average() == 0\n",
    ),
    "rust": Sample(
        "src/cart.rs",
        """use std::collections::HashMap;

pub const MAX_ITEMS: usize = 100;

#[derive(Debug)]
pub struct Cart {
    prices: Vec<u64>,
}

impl Cart {
    pub fn new(prices: Vec<u64>) -> Result<Self, String> {
        if prices.len() > MAX_ITEMS {
            return Err("too many items".to_string());
        }
        Ok(Self { prices })
    }

    pub fn average(&self) -> u64 {
        self.prices.iter().sum::<u64>() / self.prices.len() as u64
    }

    fn by_price(&self) -> HashMap<u64, usize> {
        let mut found = HashMap::new();
        for price in &self.prices {
            *found.entry(*price).or_insert(0) += 1;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_average() {
        assert_eq!(Cart::new(vec![1, 3]).unwrap().average(), 2);
    }
}
""",
        (
            "        self.prices.iter().sum::<u64>() / self.prices.len() as u64",
            "        let total: u64 = self.prices.iter().sum();\n        total.checked_div(self.prices.len() as u64).unwrap_or(0)",
        ),
        "tests/empty_cart.rs",
        "use shop::cart::Cart;\n\n#[test]\nfn the_average_of_an_empty_cart_is_nothing() {\n"
        "    assert_eq!(Cart::new(vec![]).unwrap().average(), 0);\n}\n",
    ),
    "go": Sample(
        "cart/cart.go",
        """package cart

import (
	"errors"
	"fmt"
)

const maxItems = 100

// Cart is what somebody wants to buy.
type Cart struct {
	Prices []int
}

// New makes a cart.
func New(prices []int) (*Cart, error) {
	if len(prices) > maxItems {
		return nil, errors.New("too many items")
	}
	return &Cart{Prices: prices}, nil
}

// Average is the average price.
func (c *Cart) Average() int {
	sum := 0
	for _, price := range c.Prices {
		sum += price
	}
	return sum / len(c.Prices)
}

func (c *Cart) label() string {
	return fmt.Sprintf("%d items", len(c.Prices))
}
""",
        ("	return sum / len(c.Prices)", "	if len(c.Prices) == 0 {\n		return 0\n	}\n	return sum / len(c.Prices)"),
        "cart/empty_test.go",
        'package cart\n\nimport "testing"\n\nfunc TestAverageOfAnEmptyCart(t *testing.T) {\n	c, err := New(nil)\n	if err != nil {\n'
        "		t.Fatal(err)\n	}\n	if got := c.Average(); got != 0 {\n		t.Fatalf(\"got %d\", got)\n	}\n}\n",
    ),
    "java": Sample(
        "src/main/java/shop/Cart.java",
        """package shop;

import java.util.List;

public class Cart {
    private static final int MAX_ITEMS = 100;
    private final List<Integer> prices;

    public Cart(List<Integer> prices) {
        if (prices.size() > MAX_ITEMS) {
            throw new IllegalArgumentException("too many items");
        }
        this.prices = prices;
    }

    public int average() {
        int sum = 0;
        for (int price : prices) {
            sum += price;
        }
        return sum / prices.size();
    }

    String label() {
        return prices.size() + " items";
    }
}
""",
        ("        return sum / prices.size();", "        return prices.isEmpty() ? 0 : sum / prices.size();"),
        "src/test/java/shop/EmptyCartTest.java",
        "package shop;\n\nimport static org.junit.jupiter.api.Assertions.assertEquals;\n\nimport java.util.List;\n"
        "import org.junit.jupiter.api.Test;\n\nclass EmptyCartTest {\n    @Test\n    void theAverageOfAnEmptyCartIsNothing() {\n"
        "        assertEquals(0, new Cart(List.of()).average());\n    }\n}\n",
    ),
    "script": Sample(
        "src/cart.ts",
        """import { format } from "./format";

const MAX_ITEMS = 100;

export interface Item {
  price: number;
}

export class Cart {
  constructor(private readonly items: Item[]) {
    if (items.length > MAX_ITEMS) {
      throw new RangeError("too many items");
    }
  }

  average(): number {
    const first = this.items[0].price;
    let sum = first;
    for (const item of this.items.slice(1)) {
      sum += item.price;
    }
    return sum / this.items.length;
  }

  label(): string {
    return format(this.items.length);
  }
}
""",
        (
            "    const first = this.items[0].price;",
            "    if (this.items.length === 0) {\n      return 0;\n    }\n    const first = this.items[0].price;",
        ),
        "tests/empty-cart.test.ts",
        'import assert from "node:assert";\nimport { test } from "node:test";\nimport { Cart } from "../src/cart";\n\n'
        'test("the average of an empty cart is nothing", () => {\n  assert.equal(new Cart([]).average(), 0);\n});\n',
    ),
}  # fmt: skip


def good(language: str, *more: FileChange) -> Change:
    """The fix with its test, and whatever else is changed beside it."""
    sample = SAMPLES[language]
    return Change((made(sample.path, sample.old, sample.fixed), made(sample.test, None, sample.new_test), *more))


def edited(language: str, old: str, new: str) -> Change:
    """The fix, and one more edit of the same file."""
    sample = SAMPLES[language]
    assert old in sample.fixed, old
    return Change((
        made(sample.path, sample.old, sample.fixed.replace(old, new, 1)),
        made(sample.test, None, sample.new_test),
    ))  # fmt: skip


def inserted(language: str, line: str) -> Change:
    """The fix, and lines more before the place that it mends."""
    sample = SAMPLES[language]
    mended = sample.good[1].split("\n")[0]
    indent = mended[: len(mended) - len(mended.lstrip())]
    lines = "".join(f"{indent}{part}\n" for part in line.split("\n"))
    return edited(language, mended, f"{lines}{mended}")


def in_test(language: str, line: str) -> Change:
    """The fix, and lines more at the end of its test."""
    sample = SAMPLES[language]
    return Change((made(sample.path, sample.old, sample.fixed), made(sample.test, None, sample.new_test + line + "\n")))
