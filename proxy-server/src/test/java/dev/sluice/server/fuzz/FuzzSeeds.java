package dev.sluice.server.fuzz;

import dev.sluice.protocol.Packets;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.protocol.testing.GoldenCapture;
import dev.sluice.protocol.testing.Hex;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * What mutations start from: what real clients and servers were recorded to say, statements of the corpus and of the admin
 * port, and the inputs that have been kept because they found something or got somewhere. Each begins with the byte that
 * chooses its target. Thread-safe: functions without state.
 */
final class FuzzSeeds {
    /** One line for each input, in hexadecimal; others start with a hash. */
    static final Path KEPT = Path.of("src/test/fuzz/inputs.txt");

    private static final Path STATEMENTS = Path.of("../proxy-router/src/test/resources/classifier-corpus.txt");
    private static final int STATEMENTS_EVERY = 8;
    private static final int CONVERSATION_BYTES_MAX = 4_096;
    private static final List<String> ADMIN = List.of(
            "SHOW SESSIONS",
            "SHOW HELP",
            "ADD BACKEND 'db3:3306' WEIGHT 5 ZONE 'a' MAX_CONNECTIONS 10",
            "DRAIN BACKEND db1:3306 TIMEOUT 10",
            "SET balance.strategy = 'round-robin'",
            "SWITCHOVER TO db2:3306 TIMEOUT 30 FORCE",
            "KILL SESSION 12",
            "EXPLAIN ROUTE SELECT * FROM t FOR UPDATE",
            "ROLLBACK CONFIG TO 3",
            "RELOAD CONFIG FORCE;",
            "/* driver */SELECT @@session.autocommit AS a, VERSION( ), 1 b LIMIT 1;",
            "SET @@session.sql_mode = 'ANSI', autocommit=0",
            "START TRANSACTION READ ONLY",
            "SHOW WARNINGS ; ;");

    private FuzzSeeds() {}

    private static byte[] input(FuzzTarget target, byte[]... parts) {
        int index = Arrays.asList(FuzzTarget.values()).indexOf(target);
        return ByteBufUtil.getBytes(Unpooled.wrappedBuffer(
                Unpooled.wrappedBuffer(new byte[] {(byte) index}), Unpooled.wrappedBuffer(parts)));
    }

    static List<byte[]> all() throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        GoldenCapture.allWith("modern").forEach(capture -> addResponse(seeds, capture));
        GoldenCapture.allWith("greeting").forEach(capture -> {
            byte[] greeting = capture.bytes("greeting");
            seeds.add(input(FuzzTarget.BACKEND_LOGIN, greeting, Hex.bytes("07 00 00 02 00 00 00 02 00 00 00")));
            byte[] payload = Arrays.copyOfRange(greeting, Packets.HEADER_LENGTH, greeting.length);
            seeds.add(input(FuzzTarget.PACKETS, new byte[5], payload));
        });
        byte[] response = GoldenCapture.of("mysql-8.0.31", "login-native").payload("command");
        byte[] header = {(byte) response.length, (byte) (response.length >> 8), 0, 1};
        seeds.add(input(FuzzTarget.LOGIN, new byte[] {127}, header, response));
        seeds.add(input(FuzzTarget.PACKETS, new byte[] {1, 0, 0, 0, 0}, response));
        ADMIN.forEach(statement -> seeds.add(input(FuzzTarget.ADMIN, statement.getBytes(StandardCharsets.UTF_8))));
        // Commands with their headers: a ping, two queries in one piece, one that is not whole.
        seeds.add(input(
                FuzzTarget.ADMIN,
                Hex.bytes("01 00 00 00 0e 06 00 00 00 03 50 41 55 53 45 0b 00 00 00 03 53 48 4f 57 20 50 4f 4f 4c 53"
                        + " 05 00 00 00 03 53")));
        // A frame that is not compressed, and one that is.
        seeds.add(input(FuzzTarget.COMPRESSION, Hex.bytes("00 05 00 00 00 00 00 00 01 00 00 00 0e")));
        seeds.add(input(
                FuzzTarget.COMPRESSION,
                Hex.bytes("00 0d 00 00 00 05 00 00 78 9c 63 64 60 60 60 e0 03 00 00 2a 00 10")));
        addStatements(seeds);
        seeds.addAll(kept());
        return seeds;
    }

    private static void addResponse(List<byte[]> seeds, GoldenCapture capture) {
        byte[] bytes = capture.bytes("modern");
        if (bytes.length <= CONVERSATION_BYTES_MAX) {
            int shape = Arrays.asList(ResponseShape.values()).indexOf(ResponseShape.valueOf(capture.text("shape")));
            seeds.add(input(FuzzTarget.RESPONSES, new byte[] {(byte) shape, 3, (byte) 200}, bytes));
        }
    }

    private static void addStatements(List<byte[]> seeds) throws IOException {
        List<String> lines = Files.readAllLines(STATEMENTS, StandardCharsets.UTF_8);
        for (int i = 0; i < lines.size(); i += STATEMENTS_EVERY) {
            String line = lines.get(i);
            if (!line.startsWith("#") && !line.isBlank()) {
                String statement = line.replaceFirst("^[RP] +[a-z_]+ +(\\[[a-z0-9_,]+] +)?", "");
                seeds.add(input(FuzzTarget.STATEMENTS, new byte[1], statement.getBytes(StandardCharsets.UTF_8)));
            }
        }
    }

    /** The inputs that are kept. */
    static List<byte[]> kept() throws IOException {
        return Files.readAllLines(KEPT, StandardCharsets.US_ASCII).stream()
                .filter(line -> !line.startsWith("#") && !line.isBlank())
                .map(HexFormat.of()::parseHex)
                .toList();
    }
}
