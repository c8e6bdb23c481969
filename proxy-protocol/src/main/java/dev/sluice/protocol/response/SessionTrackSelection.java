package dev.sluice.protocol.response;

import dev.sluice.protocol.PayloadReader;
import dev.sluice.protocol.ProtocolException;
import io.netty.buffer.ByteBuf;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The entries of session state that a client has asked for by the session_track_ variables. Immutable.
 *
 * @param allVariables whether every system variable counts
 * @param variables the names of those that count, in lower case
 * @param schema whether changes of the schema count
 * @param stateChange whether it counts that anything has changed
 * @param gtids whether own GTIDs count
 * @param transactionState whether the state of the transaction counts
 * @param transactionCharacteristics whether the statements count that would begin such a transaction
 */
public record SessionTrackSelection(
        boolean allVariables,
        Set<String> variables,
        boolean schema,
        boolean stateChange,
        boolean gtids,
        boolean transactionState,
        boolean transactionCharacteristics) {
    private static final String DEFAULT_VARIABLES =
            "time_zone,autocommit,character_set_client,character_set_results,character_set_connection";

    /** What MySQL and MariaDB report unless they are told otherwise. */
    public static final SessionTrackSelection DEFAULT = of(Map.of());

    /** Everything but GTIDs. */
    public static final SessionTrackSelection ALL_BUT_GTIDS =
            new SessionTrackSelection(true, Set.of(), true, true, false, true, true);

    /** Reads the values of the variables as the server prints them; those that are missing have the server's default. */
    public static SessionTrackSelection of(Map<String, String> values) {
        String names = values.getOrDefault("session_track_system_variables", DEFAULT_VARIABLES);
        Set<String> variables = Stream.of(names.split(",", -1))
                .map(name -> name.strip().toLowerCase(Locale.ROOT))
                .collect(Collectors.toUnmodifiableSet());
        String transaction = values.getOrDefault("session_track_transaction_info", "OFF");
        String gtids = values.getOrDefault("session_track_gtids", "OFF");
        return new SessionTrackSelection(
                variables.contains("*"),
                variables,
                isOn(values.getOrDefault("session_track_schema", "ON")),
                isOn(values.getOrDefault("session_track_state_change", "OFF")),
                !gtids.equals("OFF"),
                !transaction.equals("OFF"),
                transaction.equals("CHARACTERISTICS"));
    }

    private static boolean isOn(String value) {
        return value.equals("ON") || value.equals("1");
    }

    /**
     * Copies the entries that count, as they are.
     *
     * @throws ProtocolException if an entry is cut short
     */
    public void copy(ByteBuf in, int index, int length, ByteBuf out) {
        ByteBuf entries = in.slice(index, length);
        PayloadReader reader = new PayloadReader(entries);
        while (reader.remaining() > 0) {
            int start = entries.readerIndex();
            int type = reader.int1("session_state type");
            byte[] data = reader.lenencBytes("session_state data");
            if (counts(type, data)) {
                out.writeBytes(entries, start, entries.readerIndex() - start);
            }
        }
    }

    private boolean counts(int type, byte[] data) {
        return switch (type) {
            case SessionTrackReader.SYSTEM_VARIABLES ->
                allVariables
                        || variables.contains(new PayloadReader(io.netty.buffer.Unpooled.wrappedBuffer(data))
                                .lenencString("system variable name")
                                .toLowerCase(Locale.ROOT));
            case SessionTrackReader.SCHEMA -> schema;
            case SessionTrackReader.STATE_CHANGE -> stateChange;
            case SessionTrackReader.GTIDS -> gtids;
            case SessionTrackReader.TRANSACTION_CHARACTERISTICS -> transactionCharacteristics;
            case SessionTrackReader.TRANSACTION_STATE -> transactionState;
            default -> false;
        };
    }
}
