package dev.sluice.server.session;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.testing.Hex;
import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import dev.sluice.router.session.SessionState;
import dev.sluice.router.session.StateVector;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.server.backend.StatementHandles.Handle;
import dev.sluice.server.backend.StatementHandles.Text;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PreparedStatementsTest {
    private static final StateVector VECTOR = StateVector.empty().with(StateVector.CHARACTER_SET_CLIENT, "utf8mb4");
    private static final Classification READ =
            new Classification(Target.REPLICA, RouteReason.READ, StatementKind.SELECT, 0, 0, 0);

    private final PreparedStatements statements = new PreparedStatements(new SessionState(VECTOR, ""), false);
    private final Handle handle = new Handle(0x11223344);

    private static PreparedStatement statement(int parameters) {
        return new PreparedStatement(5, new Text(new byte[0], VECTOR, 0), READ, parameters);
    }

    /** COM_STMT_EXECUTE of statement 5: no NULL, with or without types, one byte for each value. */
    private static ByteBuf execute(int parameters, boolean withTypes) {
        ByteBuf out = Unpooled.buffer();
        out.writeIntLE(0).writeByte(0x17).writeIntLE(5).writeByte(0).writeIntLE(1);
        if (parameters > 0) {
            out.writeZero((parameters + 7) / 8);
            out.writeByte(withTypes ? 1 : 0);
            for (int i = 0; withTypes && i < parameters; i++) {
                out.writeShortLE(i);
            }
            for (int i = 0; i < parameters; i++) {
                out.writeByte(0xA0 + i % 16);
            }
        }
        return out.setMediumLE(0, out.readableBytes() - 4);
    }

    private String addressed(ByteBuf packet, PreparedStatement statement, Handle to) {
        ByteBuf out = statements.addressed(CommandType.COM_STMT_EXECUTE, packet, statement, to);
        try {
            return Hex.of(out);
        } finally {
            out.release();
        }
    }

    private static String expected(int parameters, boolean withTypes, int id) {
        return Hex.of(execute(parameters, withTypes).setIntLE(5, id));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 8, 9, 300})
    void onlyTheIdIsReplacedWhenTheClientSendsTheTypes(int parameters) {
        PreparedStatement statement = statement(parameters);
        assertThat(addressed(execute(parameters, true), statement, handle))
                .isEqualTo(expected(parameters, true, 0x11223344));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 9, 300})
    void theTypesOfTheLastExecutionAreGivenToABackendThatHasNotSeenThem(int parameters) {
        PreparedStatement statement = statement(parameters);
        addressed(execute(parameters, true), statement, handle);
        assertThat(requireNonNull(statement.types())).hasSize(2 * parameters);
        Handle other = new Handle(9);
        assertThat(addressed(execute(parameters, false), statement, other)).isEqualTo(expected(parameters, true, 9));
        assertThat(other.boundTypes()).isSameAs(statement.types());
        assertThat(addressed(execute(parameters, false), statement, other)).isEqualTo(expected(parameters, false, 9));
    }

    @Test
    void theTypesAreGivenAgainAfterAnotherStatementHasBoundItsOwn() {
        PreparedStatement one = statement(2);
        PreparedStatement other = statement(2);
        addressed(execute(2, true), one, handle);
        addressed(execute(2, true), other, handle);
        assertThat(addressed(execute(2, false), one, handle)).isEqualTo(expected(2, true, 0x11223344));
    }

    @Test
    void typesThatHaveChangedMeanwhileAreGivenToABackendThatHasSeenTheOlderOnes() {
        PreparedStatement statement = statement(1);
        Handle other = new Handle(9);
        addressed(execute(1, true), statement, other);
        addressed(execute(1, true).setShortLE(16, 0x8008), statement, handle);
        assertThat(addressed(execute(1, false), statement, other))
                .isEqualTo(Hex.of(execute(1, true).setShortLE(16, 0x8008).setIntLE(5, 9)));
        assertThat(addressed(execute(1, false), statement, other)).isEqualTo(expected(1, false, 9));
    }

    private static ByteBuf attributed(String... hex) {
        ByteBuf packet = Unpooled.buffer().writeIntLE(0).writeByte(0x17).writeIntLE(5);
        for (String each : hex) {
            packet.writeBytes(Hex.bytes(each));
        }
        return packet.setMediumLE(0, packet.readableBytes() - 4);
    }

    private static final String COUNTED = "08 01000000";
    private static final String PLAIN = "00 01000000";

    private static String behindId(ByteBuf packet) {
        assertThat(packet.getUnsignedMediumLE(0)).isEqualTo(packet.readableBytes() - 4);
        String hex = Hex.of(packet);
        packet.release();
        return hex.substring(2 * 9);
    }

    private static String compact(String... hex) {
        return String.join("", hex).replace(" ", "");
    }

    @Test
    void typesStandBetweenNamesWhereExecutionsMayCarryAttributes() {
        PreparedStatements named = new PreparedStatements(new SessionState(VECTOR, ""), true);
        PreparedStatement statement = statement(2);
        ByteBuf first = attributed(COUNTED, "03 00 01 0800 00 fd00 00 fd00 0178", "aa 0162 0163");
        named.addressed(CommandType.COM_STMT_EXECUTE, first, statement, handle).release();
        assertThat(statement.types()).isEqualTo(Hex.bytes("0800 fd00"));
        ByteBuf again = attributed(COUNTED, "02 00 00", "aa 0162");
        assertThat(behindId(named.addressed(CommandType.COM_STMT_EXECUTE, again, statement, new Handle(9))))
                .isEqualTo(compact(COUNTED, "02 00 01 0800 00 fd00 00", "aa 0162"));
    }

    @Test
    void whatDoesNotEvenCountTheParametersIsLeftToTheServer() {
        PreparedStatements named = new PreparedStatements(new SessionState(VECTOR, ""), true);
        PreparedStatement statement = statement(2);
        for (String rest : new String[] {
            PLAIN + "00 01 0800 fd00 aa 0162", COUNTED + "01 00 01 0800 00 aa", COUNTED, COUNTED + "fc", PLAIN, "08"
        }) {
            assertThat(behindId(named.addressed(CommandType.COM_STMT_EXECUTE, attributed(rest), statement, handle)))
                    .isEqualTo(compact(rest));
            assertThat(statement.types()).isNull();
            assertThat(named.needsTypes(attributed(rest), statement)).isFalse();
        }
    }

    @Test
    void aServerWithoutAttributesGetsTheParametersAlone() {
        PreparedStatements named = new PreparedStatements(new SessionState(VECTOR, ""), true);
        PreparedStatement two = statement(2);
        assertThat(behindId(named.withoutAttributes(
                        attributed(COUNTED, "03 00 01 0800 00 fd00 00 fd00 0178", "aa 0162 0163"), two)))
                .isEqualTo(compact(PLAIN, "00 01 0800 fd00", "aa 0162 0163"));
        assertThat(behindId(named.withoutAttributes(attributed(COUNTED, "02 00 00", "aa 0162"), two)))
                .isEqualTo(compact(PLAIN, "00 00", "aa 0162"));
        PreparedStatement nine = statement(9);
        assertThat(behindId(named.withoutAttributes(attributed(COUNTED, "fc1100 000000 00", "aa"), nine)))
                .isEqualTo(compact(PLAIN, "0000 00", "aa"));
        PreparedStatement none = statement(0);
        assertThat(behindId(named.withoutAttributes(attributed(COUNTED, "01 00 01 fd00 0178 0163"), none)))
                .isEqualTo(compact(PLAIN));
        assertThat(behindId(named.withoutAttributes(attributed(COUNTED), two))).isEqualTo(compact(PLAIN));
        assertThat(behindId(named.withoutAttributes(attributed(), two))).isEmpty();
    }

    @Test
    void aFirstExecutionWithoutTypesIsLeftToTheServer() {
        assertThat(addressed(execute(3, false), statement(3), handle)).isEqualTo(expected(3, false, 0x11223344));
        assertThat(handle.boundTypes()).isNull();
    }

    @Test
    void aPacketThatEndsBeforeItsFlagIsLeftToTheServer() {
        ByteBuf shortPacket = execute(9, true);
        shortPacket.writerIndex(16);
        assertThat(addressed(shortPacket, statement(9), handle)).hasSize(32).contains("44332211");
    }

    @Test
    void aPacketThatEndsWithinItsTypesBindsNothing() {
        ByteBuf shortPacket = execute(9, true);
        shortPacket.writerIndex(20);
        PreparedStatement statement = statement(9);
        addressed(shortPacket, statement, handle);
        assertThat(statement.types()).isNull();
        assertThat(handle.boundTypes()).isNull();
    }

    @Test
    void otherCommandsGetTheIdAndNothingElse() {
        ByteBuf reset = Hex.buffer("05000000", "1a", "05000000");
        ByteBuf out = statements.addressed(CommandType.COM_STMT_RESET, reset, statement(2), handle);
        assertThat(Hex.of(out)).isEqualTo("05000000" + "1a" + "44332211");
    }

    @Test
    void aPacketTooShortForAnIdNamesNoStatement() {
        assertThat(statements.named(Hex.buffer("04000000", "17", "050000"))).isNull();
        assertThat(statements.named(Hex.buffer("05000000", "17", "05000000"))).isNull();
    }

    @Test
    void idsAreNeverZeroAndNeverGivenTwice() {
        assertThat(statements.nextId(new byte[0])).isEqualTo(1);
        assertThat(statements.nextId(new byte[0])).isEqualTo(2);
    }

    @Test
    void aStreamNeedsTypesOnlyIfItHasParametersAndBringsNone() {
        assertThat(statements.needsTypes(execute(9, false), statement(9))).isTrue();
        assertThat(statements.needsTypes(execute(9, true), statement(9))).isFalse();
        assertThat(statements.needsTypes(execute(0, false), statement(0))).isFalse();
    }
}
