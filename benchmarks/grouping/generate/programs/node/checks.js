"use strict";

class InvalidError extends Error {
  constructor(message) {
    super(message);
    this.name = "InvalidError";
  }
}

// --- neighbours ---
function requireKey(order, key) {
  if (!(key in order)) throw new InvalidError(`order ${order.id} has no ${key}`);
}

module.exports = { requireKey };
