package dev.sluice.protocol.response;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.testing.ClientForm;
import dev.sluice.protocol.testing.GoldenCapture;
import dev.sluice.protocol.testing.ReplyKind;
import dev.sluice.protocol.testing.ReplyMatrix;
import dev.sluice.protocol.testing.ReplyMatrix.Cell;
import dev.sluice.protocol.testing.ReplyReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every command with everything that an answer can be made of. A cell of the table is either recorded from real servers, or
 * generated, or has a reason why it does not occur, which a recording would disprove. What is recorded is relayed by {@link
 * GoldenCaptureTest} and {@link CaptureFragmentationTest}; what is generated is relayed here.
 */
class ReplyMatrixTest {
    private static final ReplyMatrix MATRIX = ReplyMatrix.read();
    private static final List<GoldenCapture> CAPTURES =
            GoldenCapture.allWith("asks").toList();

    static Stream<Cell> cells() {
        return MATRIX.cells().stream();
    }

    static Stream<Cell> generated() {
        return cells().filter(cell -> cell.entry().equals("g"));
    }

    @Test
    void theTableHasEveryCommandAndEveryReply() {
        Set<String> commands = Stream.concat(
                        Stream.of("LOGIN"), Stream.of(CommandType.values()).map(Enum::name))
                .collect(Collectors.toSet());
        assertThat(MATRIX.cells())
                .hasSize(commands.size() * ReplyKind.values().length)
                .doesNotHaveDuplicates();
        assertThat(cells().map(Cell::command).collect(Collectors.toSet())).isEqualTo(commands);
        assertThat(cells().map(Cell::kind).collect(Collectors.toSet())).isEqualTo(EnumSet.allOf(ReplyKind.class));
    }

    @ParameterizedTest
    @MethodSource("cells")
    void aCellIsRecordedOrGeneratedOrHasAReason(Cell cell) {
        Set<String> servers = new TreeSet<>();
        for (GoldenCapture capture : CAPTURES) {
            if (capture.text("asks").equals(cell.command())
                    && Stream.of(ClientForm.values())
                            .anyMatch(form -> capture.kinds(form).contains(cell.kind()))) {
                servers.add(capture.name().substring(0, capture.name().indexOf('/')));
            }
        }
        String only = MATRIX.only().get(cell.command() + " " + cell.kind());
        switch (cell.entry()) {
            case "X" -> assertThat(servers).hasSameElementsAs(GoldenCapture.SERVERS);
            case "M" -> assertThat(servers).isNotEmpty().allMatch(server -> server.startsWith("mysql"));
            case "A" -> assertThat(servers).isNotEmpty().allMatch(server -> server.startsWith("mariadb"));
            case "g" ->
                assertThat(servers).as("recorded, so it need not be generated").isEmpty();
            default -> {
                assertThat(MATRIX.reasons()).containsKey(cell.entry());
                assertThat(servers).as(MATRIX.reasons().get(cell.entry())).isEmpty();
            }
        }
        assertThat(only != null).isEqualTo(Set.of("M", "A").contains(cell.entry()));
    }

    @Test
    void everyReasonIsNeeded() {
        assertThat(cells().map(Cell::entry).collect(Collectors.toSet()))
                .containsAll(MATRIX.reasons().keySet());
        assertThat(MATRIX.only().keySet())
                .isSubsetOf(
                        cells().map(cell -> cell.command() + " " + cell.kind()).toList());
    }

    static Stream<GoldenCapture> captures() {
        return CAPTURES.stream();
    }

    @ParameterizedTest
    @MethodSource("captures")
    void aCaptureIsTheAnswerToTheCommandThatItNames(GoldenCapture capture) {
        byte[] command = capture.payload("command");
        if (capture.text("asks").equals("LOGIN")) {
            assertThat(capture.bytes("command")[3]).isEqualTo((byte) 1);
        } else {
            assertThat(capture.bytes("command")[3]).isZero();
            assertThat(CommandType.of(command[0])).hasToString(capture.text("asks"));
        }
    }

    @ParameterizedTest
    @MethodSource("captures")
    void clientsGetTheSameButForWhatTheyCannotUnderstand(GoldenCapture capture) {
        Set<ReplyKind> modern = capture.kinds(ClientForm.MODERN);
        for (ClientForm form : ClientForm.values()) {
            Set<ReplyKind> expected = EnumSet.copyOf(modern);
            if (!form.tracksSession() && expected.remove(ReplyKind.OK_STATE)) {
                expected.add(ReplyKind.OK);
            }
            if (!form.tracksSession() || !form.deprecatesEof()) {
                expected.remove(ReplyKind.END_STATE);
            }
            assertThat(capture.kinds(form)).as("%s", form).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @MethodSource("generated")
    void aGeneratedReplyIsWhatItSaysAndIsRelayed(Cell cell) throws IOException {
        ResponseShape shape = CAPTURES.stream()
                .filter(capture -> capture.text("asks").equals(cell.command()))
                .map(capture -> ResponseShape.valueOf(capture.text("shape")))
                .findFirst()
                .orElseThrow();
        byte[] fromBackend = GeneratedReplies.reply(shape, cell.kind(), ClientForm.MODERN);
        ReplyReader reader = new ReplyReader(new ByteArrayInputStream(fromBackend), true, ReplyReader.Client.none());
        assertThat(reader.read(shape.name()).kinds()).contains(cell.kind());

        for (ClientForm form : ClientForm.values()) {
            Relay relay = new Relay(shape, form.deprecatesEof(), !form.tracksSession()).feed(fromBackend);

            assertThat(relay.scanner.isComplete()).isTrue();
            assertThat(relay.unread()).isZero();
            byte[] toFrontend = GeneratedReplies.reply(shape, cell.kind(), form);
            assertThat(Arrays.equals(relay.forwarded(), toFrontend))
                    .as("%s", form)
                    .isTrue();
        }
    }
}
