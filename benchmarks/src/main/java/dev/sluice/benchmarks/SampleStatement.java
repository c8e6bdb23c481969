package dev.sluice.benchmarks;

import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The statements that the benchmarks read, in the three sizes that matter. Immutable. */
public enum SampleStatement {
    /** What most statements of an application look like; about 60 bytes. */
    POINT_60_B("SELECT c FROM sbtest1 WHERE id = 4711 AND tenant = 'acme-02'"),

    /** What an object-relational mapper writes; about 400 bytes. */
    JOIN_400_B("SELECT o.id AS order_id, o.created_at AS order_created_at, o.status AS order_status, c.id AS"
            + " customer_id, c.name AS customer_name, c.email AS customer_email, sum(l.quantity * l.price) AS total"
            + " FROM orders o JOIN customers c ON c.id = o.customer_id LEFT JOIN order_lines l ON l.order_id = o.id"
            + " WHERE o.status IN ('open', 'paid') AND c.country = 'NL' AND o.created_at >= '2026-01-01 00:00:00'"
            + " GROUP BY o.id, c.id ORDER BY o.id LIMIT 50"),

    /** A list of keys fetched in one go; about 20,000 bytes. */
    IN_LIST_20_KB("SELECT id, c FROM sbtest1 WHERE id IN ("
            + IntStream.range(0, 2_850)
                    .mapToObj(i -> Integer.toString(10_000 + i))
                    .collect(Collectors.joining(", "))
            + ")");

    private final String text;

    SampleStatement(String text) {
        this.text = text;
    }

    /** The statement. */
    public String text() {
        return text;
    }

    /** The statement in UTF-8; a new array. */
    public byte[] bytes() {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
