package com.acme.shop;

import java.io.IOException;
import java.net.ConnectException;

final class Billing {
    private Billing() {}

    static final class ChargeException extends RuntimeException {
        ChargeException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    static final class Book implements AutoCloseable {
        private final int n;

        Book(int n) {
            this.n = n;
        }

        @Override
        public void close() throws IOException {
            throw new IOException("book " + n + " would not close");
        }
    }

    // --- neighbours ---
    static Orders.Customer owner(int n) {
        return n < 0 ? new Orders.Customer("Lee") : null;
    }

    static String ownerName(int n) {
        return owner(n).name().trim();
    }

    static int post(int n) throws IOException {
        throw new ConnectException("Connection refused: bank-" + n % 3 + ".internal/10.0.0." + n % 250 + ":8443");
    }

    static int charge(int n) {
        try {
            return post(n);
        } catch (IOException e) {
            throw new ChargeException("account " + n + " could not be charged", e);
        }
    }

    static int refund(int n) {
        try {
            return charge(n);
        } catch (ChargeException e) {
            throw new IllegalStateException("refund " + n + " is stuck", e);
        }
    }

    static int export(int n) throws IOException {
        try (Book book = new Book(n)) {
            throw new IllegalArgumentException("entry " + n + " has no date");
        }
    }
}
