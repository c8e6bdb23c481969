package dev.sluice.server.it;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.ProtocolException;
import dev.sluice.server.localcluster.Accounts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * The clients of a soak that nobody wants: with wrong passwords, too many of them, with garbage, and those that vanish in the
 * middle of something. Confined to its thread, but for the flag that ends it.
 */
final class SoakNuisance implements Runnable {
    /** Connections of a user that are let in. */
    static final int PER_USER = 12;

    private static final long PAUSE_NANOS = Duration.ofMillis(200).toNanos();
    private static final int TOO_MANY_USER_CONNECTIONS = 1203;
    private static final byte[] GARBAGE = "GET / HTTP/1.1\r\nHost: sluice\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final SoakRecord record;
    private final int port;
    private volatile boolean stopped;

    SoakNuisance(SoakRecord record, int port) {
        this.record = record;
        this.port = port;
    }

    /** Lets it end after what it does now. */
    void stop() {
        stopped = true;
    }

    @Override
    public void run() {
        for (int turn = 0; !stopped; turn++) {
            try {
                annoy(turn % 7);
            } catch (IOException | ProtocolException e) {
                // A server is away at this moment, or the client has been sent away.
                record.count("nuisances that failed");
            } catch (RuntimeException | Error e) {
                record.wrong("a nuisance failed: " + e);
                throw e;
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private void annoy(int what) throws IOException {
        switch (what) {
            case 0 -> wrongPassword();
            case 1 -> vanish("SELECT SLEEP(0.5)");
            case 2 -> vanish("SELECT REPEAT('x', 1048576) FROM information_schema.collations");
            case 3 -> garbage();
            case 4 -> RawClient.open(port).close();
            case 5 -> vanishInATransaction();
            default -> crowd();
        }
    }

    private void wrongPassword() throws IOException {
        try (RawClient client = RawClient.open(port)) {
            byte[] answer = client.tryLogin(Accounts.NATIVE_USER, "wrong");
            if (RawClient.first(answer) == RawClient.OK) {
                record.wrong("a wrong password was let in");
            }
        }
        record.count("wrong passwords");
    }

    private void vanish(String sql) throws IOException {
        RawClient client = RawClient.connect(port);
        client.resetOnClose();
        client.send(CommandType.COM_QUERY, sql.getBytes(StandardCharsets.US_ASCII));
        LockSupport.parkNanos(PAUSE_NANOS / 10);
        client.close();
        record.count("clients that vanished");
    }

    private void vanishInATransaction() throws IOException {
        try (RawClient client = RawClient.connect(port)) {
            List<byte[]> unused = client.query("BEGIN");
            for (int i = 0; i < 50; i++) {
                int unusedToo = client.prepare("SELECT ? + " + i + " FOR UPDATE");
            }
        }
        record.count("clients that vanished");
    }

    private void garbage() throws IOException {
        try (RawClient client = RawClient.open(port)) {
            client.writeBytes(GARBAGE);
            LockSupport.parkNanos(PAUSE_NANOS / 10);
        }
        record.count("garbage");
    }

    /** More of one user than may be: the last are told so. */
    private void crowd() throws IOException {
        List<RawClient> crowd = new ArrayList<>();
        try {
            for (int i = 0; i < PER_USER + 2; i++) {
                RawClient client = RawClient.open(port);
                crowd.add(client);
                byte[] answer = client.tryLogin(Accounts.NATIVE_USER, Accounts.NATIVE_PASSWORD);
                if (RawClient.first(answer) == RawClient.ERR
                        && client.err(answer).code() == TOO_MANY_USER_CONNECTIONS) {
                    record.count("connects refused");
                }
            }
        } finally {
            for (RawClient client : crowd) {
                client.close();
            }
        }
    }
}
