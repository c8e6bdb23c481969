package dev.sluice.server.session;

import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendFailure;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The questions that a connection is asked about a session's last statement before it serves others: one set of them at a
 * time. Confined to the session's event loop.
 */
final class LastStatementFetch {
    /** So many conditions are fetched: what MySQL keeps by default, which is more than MariaDB does. */
    static final int CONDITIONS_MAX = 1024;

    /** They are kept if they take no more memory than this. */
    private static final int KEPT_BYTES_MAX = 128 * 1024;
    /** A message of theirs has 512 bytes at most, or four times as many in other character sets. */
    private static final int ANSWER_BYTES_MAX = 4 * 1024 * 1024;

    private static final int CONDITION_COLUMNS = 3;

    /**
     * What the server has said.
     *
     * @param conditions the rows of SHOW WARNINGS; null if it was not asked for them, or gave none
     * @param foundRows null if it was not asked, or did not say
     */
    record Found(
            @Nullable List<byte[]> conditions, @Nullable Long foundRows) {}

    private boolean underWay;
    /** Counts the sessions of this client: an answer about an older one says nothing any more. */
    private int generation;

    private @Nullable Runnable whenOver;
    private @Nullable List<byte[]> conditions;

    /** Whether the server has been asked and has not answered yet. */
    boolean isUnderWay() {
        return underWay;
    }

    /** Calls back once when the server has answered, or never will. */
    void whenOver(Runnable callback) {
        whenOver = callback;
    }

    /** A new session begins: what is still to come says nothing about it. */
    void abandon() {
        generation++;
        underWay = false;
        whenOver = null;
    }

    /** Asks for one of the two or for both, and hands over what was said; not if the connection ends before. */
    void begin(BackendConnection connection, boolean forConditions, boolean forFoundRows, Consumer<Found> consumer) {
        underWay = true;
        conditions = null;
        if (forConditions) {
            ask(connection, "SHOW WARNINGS LIMIT " + (CONDITIONS_MAX + 1), answer -> {
                conditions = answer.error() == null ? kept(answer.rows(CONDITION_COLUMNS)) : null;
                if (!forFoundRows) {
                    end(consumer, null);
                }
            });
        }
        if (forFoundRows) {
            ask(connection, "SELECT FOUND_ROWS() LIMIT 1", answer -> {
                String number = answer.error() == null ? answer.value() : null;
                end(consumer, number == null ? null : Long.valueOf(number));
            });
        }
        connection.flush();
    }

    private static @Nullable List<byte[]> kept(List<byte[]> rows) {
        return rows.stream().mapToInt(row -> row.length).sum() > KEPT_BYTES_MAX ? null : rows;
    }

    private void end(Consumer<Found> consumer, @Nullable Long foundRows) {
        List<byte[]> rows = conditions;
        conditions = null;
        consumer.accept(new Found(rows, foundRows));
        over();
    }

    private void ask(BackendConnection connection, String question, Consumer<InternalResponse> consumer) {
        int asking = generation;
        connection.send(connection.query(question), new InternalResponse(ResponseShape.QUERY, ANSWER_BYTES_MAX) {
            @Override
            void answered() {
                if (asking == generation) {
                    consumer.accept(this);
                }
            }

            @Override
            public void failed(BackendFailure failure) {
                // Whoever waits must not find the connection held any more.
                connection.channel().eventLoop().execute(() -> {
                    if (asking == generation) {
                        over();
                    }
                });
            }
        });
    }

    private void over() {
        underWay = false;
        Runnable callback = whenOver;
        whenOver = null;
        if (callback != null) {
            callback.run();
        }
    }
}
