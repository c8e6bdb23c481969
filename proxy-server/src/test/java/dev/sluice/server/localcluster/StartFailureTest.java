package dev.sluice.server.localcluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Every way to fail that a user can mend is one sentence that says how. */
class StartFailureTest {
    private static final Path DIRECTORY = Path.of("/data/here");

    @Test
    void aMissingLibraryNamesItsPackages() {
        LocalClusterException failure = StartFailure.of(
                "Starting",
                "mysqld: error while loading shared libraries: libaio.so.1: cannot open shared object file",
                DIRECTORY);

        assertThat(failure)
                .isInstanceOf(ServerUnavailableException.class)
                .hasMessageContaining("libaio.so.1 is missing: install it")
                .hasMessageContaining("libaio1t64");
    }

    @Test
    void aFullDiskNamesTheDirectoryAndTheWayOut() {
        assertThat(StartFailure.of("Starting", "[ERROR] InnoDB: OS error number 28 while writing", DIRECTORY))
                .hasMessageContaining("The disk that holds /data/here is full: free about 1 GB");
    }

    @Test
    void aTakenPortIsRecognisedInTheWordsOfBothVendors() {
        for (String log : List.of(
                "[ERROR] [MY-010262] Can't start server: Bind on TCP/IP port: Address already in use",
                "[ERROR] Do you already have another server running on port: 3306 ?")) {
            assertThat(StartFailure.isPortInUse(log)).isTrue();
            assertThat(StartFailure.of("Starting", log, DIRECTORY))
                    .hasMessageContaining("its port is in use: end the program");
        }
    }

    @Test
    void anUnknownFailureQuotesTheFirstErrorOfTheLog() {
        assertThat(StartFailure.of("Starting", "[Note] a\n[ERROR] the cause\n[ERROR] a consequence\n", DIRECTORY))
                .hasMessage("Starting failed: [ERROR] the cause");
    }

    @Test
    void aForeignPlatformIsRefusedByName() {
        assertThatThrownBy(() -> Platform.requireLinuxX64("MySQL", "Linux", "aarch64"))
                .isInstanceOf(ServerUnavailableException.class)
                .hasMessage("MySQL runs on Linux x86-64 only and this is Linux aarch64:"
                        + " install mysqld or mariadbd and name its path.");
        Platform.requireLinuxX64("MySQL", "Linux", "amd64");
    }

    @Test
    void theFirstFlavorThatRunsIsTakenAndTheReasonIsSaid() {
        List<String> lines = new ArrayList<>();
        ServerFlavor unusable = flavor("first", null);
        ServerInstallation installation = new NamedInstallation("second");

        ServerInstallation chosen = new FirstUsableFlavor(unusable, flavor("second", installation))
                .install(new ServerCache(DIRECTORY), lines::add);

        assertThat(chosen).isSameAs(installation);
        assertThat(lines).containsExactly("Not usable here: first. It lacks a wheel.", "Running second instead.");
    }

    @Test
    void whenNothingRunsEveryReasonIsSaid() {
        FirstUsableFlavor flavor = new FirstUsableFlavor(flavor("first", null), flavor("second", null));

        assertThatThrownBy(() -> flavor.install(new ServerCache(DIRECTORY), ProgressListener.silent()))
                .hasMessage("No database server runs on this machine. It lacks a wheel. It lacks a wheel.");
    }

    @Test
    void anUnknownFlavorIsRefusedWithTheChoices() {
        assertThatThrownBy(() -> ServerFlavor.parse("oracle"))
                .isInstanceOf(LocalClusterException.class)
                .hasMessageContaining("\"oracle\" was not found: use auto, mysql, mariadb");
    }

    private record NamedInstallation(String description) implements ServerInstallation {
        @Override
        public ServerVersion version() {
            return new ServerVersion(ServerVersion.Vendor.MYSQL, 8, 0, 31);
        }

        @Override
        public ServerInstance create(Path directory, ProgressListener progress) {
            throw new UnsupportedOperationException();
        }
    }

    private static ServerFlavor flavor(String name, @Nullable ServerInstallation installation) {
        return new ServerFlavor() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public ServerInstallation install(ServerCache cache, ProgressListener progress) {
                if (installation == null) {
                    throw new ServerUnavailableException("It lacks a wheel.");
                }
                return installation;
            }
        };
    }
}
