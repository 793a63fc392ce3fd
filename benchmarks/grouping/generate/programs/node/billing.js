"use strict";

class ChargeError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = "ChargeError";
  }
}

// --- neighbours ---
async function post(n) {
  await Promise.resolve();
  const error = new Error(`connect ECONNREFUSED 10.0.0.${n % 250}:8443`);
  error.code = "ECONNREFUSED";
  throw error;
}

async function charge(n) {
  try {
    return await post(n);
  } catch (error) {
    throw new ChargeError(`account ${n} could not be charged`, { cause: error });
  }
}

async function parseStatement(n) {
  try {
    return JSON.parse(`{"n": ${n}`);
  } catch (error) {
    throw new ChargeError(`account ${n} could not be charged`, { cause: error });
  }
}

function ownerName(invoice) {
  return invoice.customer.name;
}

class Ledger {
  constructor(n) {
    this.n = n;
  }

  async balance() {
    await Promise.resolve();
    throw new Error(`ledger ${this.n} does not balance`);
  }

  get last() {
    throw new Error(`ledger ${this.n} has no last entry`);
  }
}

module.exports = { charge, parseStatement, ownerName, Ledger };
