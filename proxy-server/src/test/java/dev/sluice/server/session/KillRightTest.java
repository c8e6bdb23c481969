package dev.sluice.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KillRightTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "GRANT SUPER ON *.* TO `a`@`%`",
                "GRANT SELECT, SUPER, CREATE TEMPORARY TABLES ON *.* TO `a`@`%` WITH GRANT OPTION",
                "GRANT AUDIT_ADMIN,CONNECTION_ADMIN,XA_RECOVER_ADMIN ON *.* TO `a`@`%`",
                "GRANT CONNECTION ADMIN ON *.* TO `r1`",
                "GRANT ALL PRIVILEGES ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*00'"
            })
    void aGlobalRightIsSeen(String line) {
        assertThat(KillRight.isGiven(List.of("GRANT USAGE ON *.* TO `a`@`%`", line)))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GRANT USAGE ON *.* TO `SUPER`@`%`",
                "GRANT ALL PRIVILEGES ON `app`.* TO `a`@`%`",
                "GRANT SELECT ON `SUPER ON *.* TO `.* TO `a`@`%`",
                "GRANT `SUPER`@`%` TO `a`@`%`",
                "GRANT `x, SUPER ON *.* TO `@`%` TO `a`@`%`",
                "REVOKE SUPER ON *.* FROM `a`@`%`",
                "GRANT SYSTEM_SUPER ON *.* TO `a`@`%`",
                "GRANT REPLICATION_SLAVE_ADMIN, PROCESS ON *.* TO `a`@`%`"
            })
    void nothingElseIsTakenForOne(String line) {
        assertThat(KillRight.isGiven(List.of(line))).isFalse();
    }
}
