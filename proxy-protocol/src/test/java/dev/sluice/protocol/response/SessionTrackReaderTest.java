package dev.sluice.protocol.response;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.testing.GoldenCapture;
import dev.sluice.protocol.testing.Hex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SessionTrackReaderTest {
    private static List<String> read(String hex) {
        ByteBuf in = Hex.buffer("aaaa" + hex + "bb");
        Heard heard = new Heard();
        SessionTrackReader.read(in, 2, in.readableBytes() - 3, heard);
        assertThat(in.readerIndex()).isZero();
        return heard.entries;
    }

    @ParameterizedTest
    @CsvSource({
        "00 04 01 61 01 62, VAR a=b",
        "01 02 01 61, SCHEMA a",
        "01 01 00, SCHEMA ''",
        "02 01 31, STATE true",
        "02 01 30, STATE false",
        "03 04 00 02 61 62, GTID ab",
        "04 02 01 61, TRX_CHAR a",
        "05 09 08 5f5f5f5f5f5f5f5f, TRX_STATE ________"
    })
    void everyKindOfEntryIsTold(String hex, String expected) {
        assertThat(read(hex)).containsExactly(expected.replace("''", ""));
    }

    @Test
    void entriesOfUnknownTypesArePassedOver() {
        assertThat(read("06 03 010203 7f 00 01 02 01 61")).containsExactly("SCHEMA a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"00 04 01 61 01 62", "03 04 00 02 61 62", "05 09 08 5f5f5f5f5f5f5f5f", "7f 02 00 00"})
    void anEntryCutShortIsRefused(String hex) {
        byte[] entry = Hex.bytes(hex);
        for (int length = 1; length < entry.length; length++) {
            int cut = length;
            ByteBuf in = Unpooled.wrappedBuffer(entry);
            assertThatThrownBy(() -> SessionTrackReader.read(in, 0, cut, new Heard()))
                    .isInstanceOf(ProtocolException.class);
        }
    }

    @Test
    void bytesBehindAnEntrysValueAreRefused() {
        assertThatThrownBy(() -> read("01 03 01 61 00")).isInstanceOf(ProtocolException.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mysql-8.0.31 | set-user-variable | STATE true",
                "mariadb-10.11.19 | set-user-variable | STATE true",
                "mysql-8.0.31 | set-names | VAR character_set_client=latin1; VAR character_set_connection=latin1;"
                        + " VAR character_set_results=latin1; STATE true",
                "mysql-8.0.31 | init-db | SCHEMA app2; STATE true",
                "mariadb-10.11.19 | init-db | SCHEMA app2; STATE true",
                "mysql-8.0.31 | begin | TRX_CHAR START TRANSACTION;; TRX_STATE T_______",
                "mariadb-10.11.19 | begin | TRX_CHAR START TRANSACTION;; TRX_STATE T_______"
            })
    void entriesOfRealServersAreUnderstood(String server, String name, String expected) {
        assertThat(ofCapture(server, name)).containsExactlyInAnyOrder(expected.split("; (?=[A-Z])"));
    }

    @Test
    void anUpdateTellsItsGtid() {
        assertThat(ofCapture("mysql-8.0.31", "update"))
                .singleElement()
                .asString()
                .matches("GTID [0-9a-f-]{36}:[0-9-]+");
        assertThat(ofCapture("mariadb-10.11.19", "update"))
                .singleElement()
                .asString()
                .matches("VAR last_gtid=0-[0-9]+-[0-9]+");
    }

    private static List<String> ofCapture(String server, String name) {
        GoldenCapture capture = GoldenCapture.of(server, name);
        ResponseScanner scanner = new ResponseScanner();
        scanner.begin(ResponseShape.valueOf(capture.text("shape")), true);
        ByteBuf in = Unpooled.wrappedBuffer(capture.bytes("modern"));
        assertThat(scanner.next(in)).isEqualTo(Step.OK);
        Heard heard = new Heard();
        SessionTrackReader.read(in, scanner.sessionStateIndex(), scanner.sessionStateLength(), heard);
        return heard.entries;
    }
}
