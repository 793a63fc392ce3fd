package com.acme.shop;

import java.util.List;
import java.util.Map;

final class Orders {
    private Orders() {}

    record Customer(String name) {}

    // --- neighbours ---
    static Customer find(int n) {
        return n < 0 ? new Customer("Kim") : null;
    }

    static String customerName(int n) {
        return find(n).name().trim();
    }

    static int quantity(String text) {
        return Integer.parseInt(text.trim());
    }

    static int price(String sku) {
        return Map.of("tea", 3).get(sku);
    }

    static int total(int n) {
        return List.of("tea", "sku-" + n).stream().mapToInt(sku -> price(sku)).sum();
    }

    static int checkLimit(int limit, String unit) {
        if (unit == null) {
            throw new IllegalArgumentException("limit " + limit + " has no unit");
        }
        throw new IllegalArgumentException("limit " + limit + " is too high for " + unit);
    }

    static int place(int n) {
        Checks.require(Map.of("id", n), "address");
        return n;
    }

    static int reserve(int n) {
        Checks.require(Map.of("id", n), "warehouse");
        return n;
    }
}
