package dev.sluice.server.localcluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.localcluster.ServerVersion.Vendor;
import org.junit.jupiter.api.Test;

class ServerVersionTest {
    @Test
    void theVersionLinesOfBothVendorsAreRead() {
        assertThat(ServerVersion.parse("/x/mysqld  Ver 8.0.31 for Linux on x86_64 (MySQL Community Server - GPL)"))
                .contains(new ServerVersion(Vendor.MYSQL, 8, 0, 31));
        assertThat(ServerVersion.parse(
                        "/usr/sbin/mysqld  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64"))
                .contains(new ServerVersion(Vendor.MARIADB, 10, 11, 19));
    }

    @Test
    void anythingElseIsNoVersion() {
        assertThat(ServerVersion.parse("sh: 1: not found")).isEmpty();
    }

    @Test
    void versionsAreComparedNumberByNumber() {
        ServerVersion version = new ServerVersion(Vendor.MYSQL, 8, 4, 2);

        assertThat(version.isAtLeast(8, 4, 2)).isTrue();
        assertThat(version.isAtLeast(8, 0, 31)).isTrue();
        assertThat(version.isAtLeast(8, 4, 3)).isFalse();
        assertThat(version.isAtLeast(9, 0, 0)).isFalse();
        assertThat(version.isAtLeast(5, 7, 44)).isTrue();
    }
}
