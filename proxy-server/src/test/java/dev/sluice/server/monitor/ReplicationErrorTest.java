package dev.sluice.server.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplicationErrorTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Error 'Duplicate entry 'secret' for key 'PRIMARY'' on query. Default database: 'app'. Query: 'INSERT INTO t VALUES ('secret')'",
                "Could not execute Write_rows event on table app.t; Duplicate entry 'secret' for key 't.PRIMARY', Error_code: 1062",
                "Error 'Operation CREATE USER failed' on query. Query: 'CREATE USER 'x'@'%' IDENTIFIED BY 'secret''",
                "Coordinator stopped; Query: 'ALTER USER x IDENTIFIED BY \"secret\"'"
            })
    void neitherStatementsNorValuesAreShown(String error) {
        assertThat(ReplicationProbe.withoutData(error)).doesNotContain("secret").isNotEmpty();
    }

    @Test
    void whatWentWrongIsStillSaid() {
        assertThat(
                        ReplicationProbe.withoutData(
                                "Could not execute Write_rows event on table app.t; Duplicate entry '7' for key 't.PRIMARY', Error_code: 1062"))
                .isEqualTo("Could not execute Write_rows event on table app.t; Duplicate entry '?', Error_code: 1062");
    }

    @Test
    void anErrorThatIsTriedAgainEachSecondStaysTheSame() {
        String once = ReplicationProbe.withoutCount(reconnecting(1));

        assertThat(once).isEqualTo(ReplicationProbe.withoutCount(reconnecting(62)));
        assertThat(once).contains("error reconnecting", "retry-time: 1", "Can't connect to MySQL server");
    }

    private static String reconnecting(int retries) {
        return "error reconnecting to master 'repl@127.0.0.1:25553' - retry-time: 1 retries: " + retries
                + " message: Can't connect to MySQL server on '127.0.0.1:25553' (111)";
    }
}
