package com.acme.shop;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Runs one bug with one number and prints its trace: {@code java com.acme.shop.Main BUG NUMBER}. */
public final class Main {
    private Main() {}

    // --- neighbours ---
    static Object handle(String bug, int n) throws Exception {
        switch (bug) {
            case "name-null": return Orders.customerName(n);
            case "owner-null": return Billing.ownerName(n);
            case "parse-quantity": return Orders.quantity(n + " pieces");
            case "empty-quantity": return Orders.quantity(null);
            case "charge": return Billing.charge(n);
            case "refund": return Billing.refund(n);
            case "suppressed": return Billing.export(n);
            case "stream": return Orders.total(n);
            case "limit-unit": return Orders.checkLimit(n, null);
            case "limit-high": return Orders.checkLimit(n, "kg");
            case "deep": return Stock.descend(n);
            case "cast": return Stock.shelf(n);
            case "no-address": return Orders.place(n);
            case "no-warehouse": return Orders.reserve(n);
            case "future": return future(n);
            case "reflected": return reflected(n);
            case "proxied": return proxied(n);
            default: throw new IllegalArgumentException("no bug is called " + bug);
        }
    }

    private static Object future(int n) throws InterruptedException, ExecutionException {
        return CompletableFuture.supplyAsync(() -> Stock.count(n)).thenApply(count -> count + 1).get();
    }

    private static Object reflected(int n) throws ReflectiveOperationException {
        try {
            for (int i = 0; i < n % 40; i++) { // after 15 calls older runtimes switch to generated accessors
                try {
                    Stock.class.getMethod("audit", int.class).invoke(null, -1);
                } catch (InvocationTargetException expected) {
                    continue;
                }
            }
            return Stock.class.getMethod("audit", int.class).invoke(null, n);
        } catch (InvocationTargetException e) {
            throw e;
        }
    }

    private static Object proxied(int n) {
        Stock.Shelves shelves = (Stock.Shelves) Proxy.newProxyInstance(Main.class.getClassLoader(),
            new Class<?>[] {Stock.Shelves.class}, (proxy, method, args) -> Stock.locked((Integer) args[0]));
        return shelves.take(n);
    }

    public static void main(String[] args) throws Exception {
        String bug = args[0];
        int n = Integer.parseInt(args[1]);
        Throwable[] seen = new Throwable[1];
        Thread thread = new Thread(() -> {
            try {
                handle(bug, n);
            } catch (Throwable error) {
                seen[0] = error;
            }
        }, "http-nio-8080-exec-" + n % 10);
        thread.start();
        thread.join();
        seen[0].printStackTrace(System.out);
    }
}
