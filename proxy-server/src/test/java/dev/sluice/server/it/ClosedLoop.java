package dev.sluice.server.it;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Clients of one user, each of which runs one statement after the other for as long as a round takes, and pauses for a moment
 * when it is refused. They stay connected between rounds. Confined to one test; its threads are its own.
 */
final class ClosedLoop implements AutoCloseable {
    private final List<RawClient> clients = new ArrayList<>();
    private final ExecutorService threads;
    private final String sql;
    private final long pauseMillis;

    /**
     * What came of one round. Immutable.
     *
     * @param nanos of each statement that was answered, in order of size
     * @param errors of those that were refused, as {@code code message}
     */
    record Round(List<Long> nanos, List<String> errors) {
        static final Round NOTHING = new Round(List.of(), List.of());

        int done() {
            return nanos.size();
        }

        long p99Millis() {
            return TimeUnit.NANOSECONDS.toMillis(nanos.get((int) Math.ceil(nanos.size() * 0.99) - 1));
        }

        /** Two rounds as one. */
        Round with(Round other) {
            List<Long> both = new ArrayList<>(nanos);
            both.addAll(other.nanos);
            Collections.sort(both);
            List<String> all = new ArrayList<>(errors);
            all.addAll(other.errors);
            return new Round(both, all);
        }
    }

    /** @param pauseMillis how long a client waits when it was refused */
    ClosedLoop(int port, String user, String password, int count, String sql, long pauseMillis) throws IOException {
        this.sql = sql;
        this.pauseMillis = pauseMillis;
        this.threads = Executors.newFixedThreadPool(count);
        for (int i = 0; i < count; i++) {
            clients.add(RawClient.connectAs(port, user, password));
        }
    }

    /** Begins a round of the first clients, which ends with the latch. */
    List<Future<Round>> begin(int count, CountDownLatch over) {
        List<Callable<Round>> tasks = new ArrayList<>();
        for (RawClient client : clients.subList(0, count)) {
            tasks.add(() -> run(client, over));
        }
        return tasks.stream().map(threads::submit).toList();
    }

    private Round run(RawClient client, CountDownLatch over) throws IOException, InterruptedException {
        List<Long> nanos = new ArrayList<>();
        List<String> errors = new ArrayList<>();
        while (over.getCount() > 0) {
            long start = System.nanoTime();
            byte[] first = client.query(sql).get(0);
            if (RawClient.first(first) == RawClient.ERR) {
                errors.add(client.err(first).code() + " " + client.err(first).message());
                boolean unused = over.await(pauseMillis, TimeUnit.MILLISECONDS);
            } else {
                nanos.add(System.nanoTime() - start);
            }
        }
        Collections.sort(nanos);
        return new Round(nanos, errors);
    }

    /** Waits for the end of a round and adds up what its clients say. */
    static Round end(List<Future<Round>> round) throws Exception {
        Round all = Round.NOTHING;
        for (Future<Round> one : round) {
            all = all.with(one.get(TestProxy.SOON.toSeconds(), TimeUnit.SECONDS));
        }
        return all;
    }

    @Override
    public void close() throws IOException {
        threads.shutdownNow();
        for (RawClient client : clients) {
            client.close();
        }
    }
}
