package dev.sluice.protocol.response;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.testing.Hex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SessionTrackSelectionTest {
    /** The variable sql_mode, which is empty now. */
    private static final String SQL_MODE = "000a0873716c5f6d6f646500";

    private static final String TIME_ZONE = "000b0974696d655f7a6f6e6500";
    private static final String SCHEMA = "0102" + "0161";
    private static final String STATE = "0201" + "31";
    private static final String GTIDS = "0303" + "000161";
    private static final String CHARACTERISTICS = "0401" + "00";
    private static final String TRANSACTION = "0502" + "0154";
    private static final String ALL = SQL_MODE + TIME_ZONE + SCHEMA + STATE + GTIDS + CHARACTERISTICS + TRANSACTION;

    private static String selected(Map<String, String> values) {
        byte[] bytes = Hex.bytes(ALL);
        ByteBuf in = Unpooled.buffer().writeZero(3).writeBytes(bytes);
        ByteBuf out = Unpooled.buffer();
        SessionTrackSelection.of(values).copy(in, 3, bytes.length, out);
        return Hex.of(out);
    }

    @Test
    void byDefaultAClientIsToldOfTheSchemaAndFiveVariables() {
        assertThat(selected(Map.of())).isEqualTo(TIME_ZONE + SCHEMA);
    }

    @Test
    void theStarIsEveryVariable() {
        assertThat(selected(Map.of("session_track_system_variables", "*"))).isEqualTo(SQL_MODE + TIME_ZONE + SCHEMA);
    }

    @Test
    void namesMayHaveSpacesAndCapitals() {
        assertThat(selected(Map.of("session_track_system_variables", "autocommit, SQL_Mode ")))
                .isEqualTo(SQL_MODE + SCHEMA);
    }

    @Test
    void nothingIsSelectedWhenEverythingIsOff() {
        assertThat(selected(Map.of("session_track_system_variables", "", "session_track_schema", "OFF")))
                .isEmpty();
    }

    @Test
    void everyKindHasASwitchOfItsOwn() {
        Map<String, String> quiet = Map.of("session_track_system_variables", "", "session_track_schema", "OFF");
        assertThat(selectedWith(quiet, "session_track_state_change", "ON")).isEqualTo(STATE);
        assertThat(selectedWith(quiet, "session_track_gtids", "OWN_GTID")).isEqualTo(GTIDS);
        assertThat(selectedWith(quiet, "session_track_transaction_info", "STATE"))
                .isEqualTo(TRANSACTION);
        assertThat(selectedWith(quiet, "session_track_transaction_info", "CHARACTERISTICS"))
                .isEqualTo(CHARACTERISTICS + TRANSACTION);
    }

    private static String selectedWith(Map<String, String> quiet, String name, String value) {
        Map<String, String> values = new java.util.HashMap<>(quiet);
        values.put(name, value);
        return selected(values);
    }

    @Test
    void anEntryThatIsCutShortBreaksTheProtocol() {
        byte[] bytes = Hex.bytes(TIME_ZONE);
        ByteBuf in = Unpooled.wrappedBuffer(bytes);
        ByteBuf out = Unpooled.buffer();
        assertThatThrownBy(() -> SessionTrackSelection.DEFAULT.copy(in, 0, bytes.length - 1, out))
                .isInstanceOf(ProtocolException.class);
    }
}
