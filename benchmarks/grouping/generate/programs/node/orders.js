"use strict";
const { requireKey } = require("./checks");

const PRICES = { tea: { euros: 3 } };

// --- neighbours ---
function priceOf(sku) {
  return PRICES[sku].euros;
}

function total(skus) {
  return skus.map((sku) => priceOf(sku)).reduce((a, b) => a + b, 0);
}

function readRows(text) {
  return JSON.parse(text);
}

function customerName(order) {
  return order.customer.name;
}

function checkLimit(limit, unit) {
  if (unit === null) throw new Error(`limit ${limit} has no unit`);
  throw new Error(`limit ${limit} is too high for ${unit}`);
}

function place(order) {
  requireKey(order, "address");
}

function reserve(order) {
  requireKey(order, "warehouse");
}

function take(n) {
  if (n % 2 < 2) throw new RangeError(`order ${n} is too large`);
}

function takeTyped(n) {
  if (n % 2 < 2) throw new TypeError(`order ${n} is too large`);
}

module.exports = { checkLimit, total, readRows, customerName, place, reserve, take, takeTyped };
