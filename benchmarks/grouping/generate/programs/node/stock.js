"use strict";

// --- neighbours ---
function descend(n) {
  return descend(n + 1) + 1;
}

async function all(n) {
  await Promise.all([1, 2].map(async (shelf) => {
    await Promise.resolve();
    throw new Error(`shelf ${n + shelf} is gone`);
  }));
}

function later(n) {
  return new Promise((resolve, reject) => {
    setTimeout(() => {
      try {
        sweep(n);
      } catch (error) {
        reject(error);
      }
    }, 1);
  });
}

function sweep(n) {
  const shelves = new Array(n);
  return shelves.last();
}

module.exports = { descend, all, later };
