// Runs one bug with one number and prints its trace as JSON: `node main.js BUG NUMBER`.
"use strict";
const util = require("node:util");
const billing = require("./billing");
const orders = require("./orders");
const stock = require("./stock");

const BUGS = {
  "price-missing": (n) => orders.total(["tea", `sku-${n}`]),
  "row-syntax": (n) => orders.readRows(`{"a": ${n},,}`),
  "order-customer": (n) => orders.customerName({ id: n }),
  "invoice-customer": (n) => billing.ownerName({ id: n }),
  "limit-unit": (n) => orders.checkLimit(n, null),
  "limit-high": (n) => orders.checkLimit(n, "kg"),
  "no-address": (n) => orders.place({ id: n }),
  "no-warehouse": (n) => orders.reserve({ id: n }),
  "too-large": (n) => orders.take(n),
  "too-large-typed": (n) => orders.takeTyped(n),
  "charge": (n) => billing.charge(n),
  "statement": (n) => billing.parseStatement(n),
  "balance": (n) => new billing.Ledger(n).balance(),
  "last": (n) => new billing.Ledger(n).last,
  "deep": (n) => stock.descend(n),
  "all": (n) => stock.all(n),
  "later": (n) => stock.later(n),
};

async function handle(name, n) {
  return await BUGS[name](n);
}

// As pino's standard serializer joins the stacks of a chain.
function joined(error) {
  const cause = error.cause instanceof Error ? `\ncaused by: ${joined(error.cause)}` : "";
  return (error.stack || "") + cause;
}

async function main() {
  const [name, number] = process.argv.slice(2);
  try {
    await handle(name, Number(number));
  } catch (error) {
    const found = { trace: error.stack, inspected: util.inspect(error), joined: joined(error) };
    console.log(JSON.stringify({ ...found, type: error.name, message: error.message, code: error.code }));
  }
}

main();
