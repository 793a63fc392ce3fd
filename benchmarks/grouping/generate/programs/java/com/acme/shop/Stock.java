package com.acme.shop;

public final class Stock {
    private Stock() {}

    interface Shelves {
        int take(int n);
    }

    // --- neighbours ---
    static int descend(int n) {
        return descend(n + 1) + 1;
    }

    static String shelf(Object n) {
        return (String) n;
    }

    static int count(int n) {
        throw new UnsupportedOperationException("shelf " + n + " is not counted");
    }

    public static int audit(int n) {
        throw new ArithmeticException("shelf " + n + " does not add up");
    }

    static int locked(int n) {
        throw new IllegalMonitorStateException("shelf " + n + " is locked");
    }
}
