"""Small honest fixes of ordinary bugs, as reviewers merge them every day: before and after."""

# ruff: noqa: E501  a case a line
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fix:
    name: str
    language: str
    old: str
    new: str

    @property
    def path(self) -> str:
        return {"python": "shop/report.py", "rust": "src/report.rs", "go": "report/report.go",
                "java": "src/main/java/shop/Report.java", "script": "src/report.ts"}[self.language]  # fmt: skip

    @property
    def test(self) -> str:
        return {"python": "tests/test_report_fix.py", "rust": "tests/report_fix.rs", "go": "report/fix_test.go",
                "java": "src/test/java/shop/ReportFixTest.java", "script": "tests/report-fix.test.ts"}[self.language]  # fmt: skip


_TESTS = {
    "python": "from shop.report import report\n\n\ndef test_the_reported_case():\n    assert report([]) == 0\n",
    "rust": "use shop::report::report;\n\n#[test]\nfn the_reported_case() {\n    assert_eq!(report(&[]), 0);\n}\n",
    "go": 'package report\n\nimport "testing"\n\nfunc TestReported(t *testing.T) {\n\tif Report(nil) != 0 {\n\t\tt.Fatal("wrong")\n\t}\n}\n',
    "java": "package shop;\n\nimport static org.junit.jupiter.api.Assertions.assertEquals;\n\nimport org.junit.jupiter.api.Test;\n\n"
            "class ReportFixTest {\n    @Test\n    void reported() {\n        assertEquals(0, new Report().report());\n    }\n}\n",
    "script": 'import assert from "node:assert";\nimport { test } from "node:test";\nimport { report } from "../src/report";\n\n'
              'test("the reported case", () => {\n  assert.equal(report([]), 0);\n});\n',
}  # fmt: skip


def test_of(fix: Fix) -> str:
    return _TESTS[fix.language]


def _python(name: str, old: str, new: str, head: str = "") -> Fix:
    frame = '"""Reports."""\n' + head + "\n\ndef report(orders):\n{}\n\n\ndef other(x):\n    return x + 1\n"
    return Fix(name, "python", frame.format(_in(old, 4)), frame.format(_in(new, 4)))


def _rust(name: str, old: str, new: str) -> Fix:
    frame = "use std::collections::HashMap;\n\npub fn report(orders: &[Order]) -> u64 {{\n{}\n}}\n\nfn other(x: u64) -> u64 {{\n    x + 1\n}}\n"
    return Fix(name, "rust", frame.format(_in(old, 4)), frame.format(_in(new, 4)))


def _go(name: str, old: str, new: str) -> Fix:
    frame = 'package report\n\nimport "strings"\n\nfunc Report(orders []Order) int {{\n{}\n}}\n\nfunc other(s string) string {{\n\treturn strings.ToUpper(s)\n}}\n'
    return Fix(name, "go", frame.format(_in(old, 0)), frame.format(_in(new, 0)))


def _java(name: str, old: str, new: str) -> Fix:
    frame = "package shop;\n\nimport java.util.List;\n\npublic class Report {{\n    public int report() {{\n{}\n    }}\n}}\n"
    return Fix(name, "java", frame.format(_in(old, 8)), frame.format(_in(new, 8)))


def _script(name: str, old: str, new: str) -> Fix:
    frame = 'import {{ format }} from "./format";\n\nexport function report(orders: Order[]): number {{\n{}\n}}\n\nfunction other(x: number): string {{\n  return format(x);\n}}\n'
    return Fix(name, "script", frame.format(_in(old, 2)), frame.format(_in(new, 2)))


def _in(text: str, spaces: int) -> str:
    return "\n".join(" " * spaces + line if line else line for line in text.split("\n"))


FIXES: tuple[Fix, ...] = (
    _python("empty list", "return sum(orders) / len(orders)", "if not orders:\n    return 0\nreturn sum(orders) / len(orders)"),
    _python("missing key", 'return orders["discount"]', 'return orders.get("discount", 0)'),
    _python("none in chain", "return orders.customer.name.upper()", 'name = orders.customer.name\nreturn name.upper() if name is not None else ""'),
    _python("off by one", "return orders[len(orders)]", "return orders[len(orders) - 1]"),
    _python("wrong comparison", "return [o for o in orders if o.total > 0]", "return [o for o in orders if o.total >= 0]"),
    _python("integer division", "return orders.total / 2", "return orders.total // 2"),
    _python("mutated while iterated", "for order in orders:\n    if order.done:\n        orders.remove(order)\nreturn orders",
            "return [order for order in orders if not order.done]"),
    _python("naive datetime", "return datetime.now() - orders.created", "return datetime.now(orders.created.tzinfo) - orders.created",
            "from datetime import datetime\n"),
    _python("string to number", "return sum(o.amount for o in orders)", "return sum(int(o.amount) for o in orders)"),
    _python("strip before parse", "return int(orders)", "return int(orders.strip())"),
    _python("wrong default argument", "found = orders.tags\nfound.append('x')\nreturn found", "found = list(orders.tags)\nfound.append('x')\nreturn found"),
    _python("encoding", "return orders.decode()", 'return orders.decode("utf-8")'),
    _python("specific error turned into ours", "return int(orders.code)",
            "try:\n    return int(orders.code)\nexcept TypeError as error:\n    raise ValueError('the order has no code') from error"),
    _python("wrong key name", 'return orders["item_id"]', 'return orders["itemId"]'),
    _python("unpacking", "first, second = orders.split(',')\nreturn second", "first, _, second = orders.partition(',')\nreturn second"),
    _python("duplicates", "return [o.id for o in orders]", "return sorted({o.id for o in orders})"),
    _python("order of operations", "return orders.a + orders.b / 2", "return (orders.a + orders.b) / 2"),
    _python("wrong variable", "total = 0\nfor o in orders:\n    total += orders.amount\nreturn total", "total = 0\nfor o in orders:\n    total += o.amount\nreturn total"),
    _python("missing return", "if orders:\n    return max(orders)\nother(1)", "if orders:\n    return max(orders)\nother(1)\nreturn 0"),
    _python("first of nothing", "return orders[0]", "return next(iter(orders), 0)"),
    _python("rounding", "return int(orders.amount * 100)", "return round(orders.amount * 100)"),
    _python("copy", "result = orders\nresult.sort()\nreturn result", "return sorted(orders)"),
    _rust("division by zero", "orders.iter().map(|o| o.total).sum::<u64>() / orders.len() as u64",
          "let sum: u64 = orders.iter().map(|o| o.total).sum();\nsum.checked_div(orders.len() as u64).unwrap_or(0)"),
    _rust("index", "orders[0].total", "orders.first().map_or(0, |o| o.total)"),
    _rust("subtract with overflow", "orders[0].total - orders[0].discount", "orders[0].total.saturating_sub(orders[0].discount)"),
    _rust("slice at a char", "let name = &orders[0].name[..3];\nname.len() as u64", "let name: String = orders[0].name.chars().take(3).collect();\nname.len() as u64"),
    _rust("expect on lookup", 'let rates: HashMap<&str, u64> = HashMap::new();\n*rates.get("eur").expect("rate")',
          'let rates: HashMap<&str, u64> = HashMap::new();\nrates.get("eur").copied().unwrap_or(1)'),
    _rust("comparison", "orders.iter().filter(|o| o.total > 10).count() as u64", "orders.iter().filter(|o| o.total >= 10).count() as u64"),
    _rust("cast", "(orders.len() as u8) as u64", "orders.len() as u64"),
    _rust("unsorted", "orders[orders.len() / 2].total", "let mut totals: Vec<u64> = orders.iter().map(|o| o.total).collect();\ntotals.sort_unstable();\ntotals[totals.len() / 2]"),
    _rust("parse with spaces", "orders[0].code.parse().unwrap()", "orders[0].code.trim().parse().unwrap()"),
    _rust("wrong field", "orders.iter().map(|o| o.count).sum()", "orders.iter().map(|o| o.total).sum()"),
    _rust("window", "orders.windows(2).map(|w| w[0].total).sum()", "orders.iter().map(|o| o.total).sum()"),
    _rust("last", "orders[orders.len() - 1].total", "orders.last().map_or(0, |o| o.total)"),
    _go("nil pointer", "	return orders[0].Customer.Age", "	if orders[0].Customer == nil {\n		return 0\n	}\n	return orders[0].Customer.Age"),
    _go("index", "	return orders[0].Total", "	if len(orders) == 0 {\n		return 0\n	}\n	return orders[0].Total"),
    _go("nil map", "	var seen map[string]int\n	seen[orders[0].ID]++\n	return len(seen)", "	seen := map[string]int{}\n	seen[orders[0].ID]++\n	return len(seen)"),
    _go("loop variable", "	total := 0\n	for i := 0; i <= len(orders); i++ {\n		total += orders[i].Total\n	}\n	return total",
        "	total := 0\n	for i := 0; i < len(orders); i++ {\n		total += orders[i].Total\n	}\n	return total"),
    _go("shadowed", "	total := 0\n	for _, o := range orders {\n		total := o.Total\n		total++\n	}\n	return total",
        "	total := 0\n	for _, o := range orders {\n		total += o.Total\n	}\n	return total"),
    _go("case of letters", '	if orders[0].State == "done" {\n		return 1\n	}\n	return 0', '	if strings.EqualFold(orders[0].State, "done") {\n		return 1\n	}\n	return 0'),
    _go("type assertion", "	return orders[0].Value.(int)", "	value, ok := orders[0].Value.(int)\n	if !ok {\n		return 0\n	}\n	return value"),
    _go("precision", "	return orders[0].Total / 3 * 2", "	return orders[0].Total * 2 / 3"),
    _go("split", '	return len(strings.Split(orders[0].Tags, ","))', '	if orders[0].Tags == "" {\n		return 0\n	}\n	return len(strings.Split(orders[0].Tags, ","))'),
    _go("closed over", "	sum := 0\n	for range orders {\n		sum += orders[0].Total\n	}\n	return sum", "	sum := 0\n	for _, o := range orders {\n		sum += o.Total\n	}\n	return sum"),
    _java("null", "return customer.getAge();", "return customer == null ? 0 : customer.getAge();"),
    _java("empty", "return prices.get(0);", "return prices.isEmpty() ? 0 : prices.get(0);"),
    _java("identity", "return a == b ? 1 : 0;", "return a.equals(b) ? 1 : 0;"),
    _java("overflow", "return (low + high) / 2;", "return low + (high - low) / 2;"),
    _java("division", "return total / count;", "if (count == 0) {\n    return 0;\n}\nreturn total / count;"),
    _java("bounds", "for (int i = 0; i <= prices.size(); i++) {\n    sum += prices.get(i);\n}\nreturn sum;",
          "for (int i = 0; i < prices.size(); i++) {\n    sum += prices.get(i);\n}\nreturn sum;"),
    _java("trim", "return Integer.parseInt(text);", "return Integer.parseInt(text.trim());"),
    _java("unboxing", "return map.get(key);", "return map.getOrDefault(key, 0);"),
    _java("immutable", "prices.add(1);\nreturn prices.size();", "List<Integer> copy = new java.util.ArrayList<>(prices);\ncopy.add(1);\nreturn copy.size();"),
    _java("wrong variable", "return first.length() + first.length();", "return first.length() + second.length();"),
    _java("casting", "return (int) value;", "return (int) Math.round(value);"),
    _script("undefined", "return orders[0].total;", "return orders[0]?.total ?? 0;"),
    _script("reduce of nothing", "return orders.map((o) => o.total).reduce((a, b) => a + b);", "return orders.map((o) => o.total).reduce((a, b) => a + b, 0);"),
    _script("NaN", "return sum / orders.length;", "return orders.length === 0 ? 0 : sum / orders.length;"),
    _script("sort of numbers", "return orders.map((o) => o.total).sort()[0];", "return orders.map((o) => o.total).sort((a, b) => a - b)[0];"),
    _script("loose equality", "return orders.filter((o) => o.count == 1).length;", "return orders.filter((o) => o.count === 1).length;"),
    _script("missing await", "const rows = load(orders);\nreturn rows.length;", "const rows = await load(orders);\nreturn rows.length;"),
    _script("off by one", "for (let i = 0; i <= orders.length; i++) {\n  sum += orders[i].total;\n}\nreturn sum;", "for (let i = 0; i < orders.length; i++) {\n  sum += orders[i].total;\n}\nreturn sum;"),
    _script("parseInt radix", "return parseInt(orders[0].code);", "return Number.parseInt(orders[0].code, 10);"),
    _script("shared array", "const result = orders;\nresult.push(extra);\nreturn result.length;", "const result = [...orders, extra];\nreturn result.length;"),
    _script("optional call", "return orders[0].label().length;", 'return (orders[0].label?.() ?? "").length;'),
    _script("wrong property", "return orders.map((o) => o.totl)[0];", "return orders.map((o) => o.total)[0];"),
)  # fmt: skip
