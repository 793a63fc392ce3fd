package com.acme.shop;

import java.util.Map;

final class Checks {
    private Checks() {}

    // --- neighbours ---
    static void require(Map<String, Integer> order, String key) {
        if (!order.containsKey(key)) {
            throw new IllegalStateException("order " + order.get("id") + " has no " + key);
        }
    }
}
