package dev.sluice.server.runtime;

import static dev.sluice.server.runtime.Configs.address;
import static dev.sluice.server.runtime.Configs.backend;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.sluice.router.topology.OperatorState;
import dev.sluice.server.admin.Operation.Feature;
import dev.sluice.server.config.SluiceConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigStoreTest {
    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

    @TempDir
    private Path directory = Path.of("replaced by JUnit");

    private Path stateFile = Path.of("replaced below");
    private final SluiceConfig file = Configs.file(Path.of("state"), "a", "b");

    @BeforeEach
    void name() {
        stateFile = directory.resolve("runtime-config.yaml");
    }

    private ConfigStore open(SluiceConfig config) throws IOException {
        return ConfigStore.open(config, stateFile, () -> NOON);
    }

    @Test
    void theFirstVersionIsTheFile() throws IOException {
        ConfigStore store = open(file);
        assertThat(store.current().number()).isEqualTo(1);
        assertThat(store.effective()).isEqualTo(file);
        assertThat(stateFile).doesNotExist();
    }

    @Test
    void aChangeMakesAVersionWithAuthorAndTimeThatSurvives() throws IOException {
        ConfigVersion changed = open(file).change("dba", "c added", config -> config.with(backend("c")));
        assertThat(changed.number()).isEqualTo(2);
        assertThat(changed.author()).isEqualTo("dba");
        assertThat(changed.time()).isEqualTo(NOON);

        ConfigStore again = open(file);

        assertThat(again.current()).isEqualTo(changed);
        assertThat(again.effective().backends()).hasSize(3);
        assertThat(again.history()).hasSize(2);
    }

    @Test
    void everythingThatAnOperatorCanSaySurvives() throws IOException {
        ConfigStore store = open(file);
        store.change(
                "d\u00f6rte: \"#\n",
                "all at once",
                config -> config.with(backend("c").withZone("east: #1"))
                        .with(backend("a").withState(OperatorState.DRAINED))
                        .with(backend("b")
                                .withState(OperatorState.OFFLINE)
                                .withWeight(0)
                                .withConnectionsMax(7))
                        .with(Feature.RETRY, false)
                        .with(Feature.MULTIPLEXING, false));
        assertThat(open(file).history()).isEqualTo(store.history());
    }

    @Test
    void aChangeThatNoFileCouldSayIsRefusedAndChangesNothing() throws IOException {
        ConfigStore store = open(file);
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> store.change(
                        "dba", "x", config -> config.with(backend("a").withWeight(1001))))
                .withMessageContaining("backends[].weight");
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> store.change(
                        "dba", "x", config -> config.without(address("a")).without(address("b"))));
        assertThat(store.current().number()).isEqualTo(1);
        assertThat(stateFile).doesNotExist();
    }

    @Test
    void aChangeThatCannotBeWrittenChangesNothing() throws IOException {
        ConfigStore store = open(file);
        Files.createDirectories(AtomicFile.unfinished(stateFile));
        assertThatIOException().isThrownBy(() -> store.change("dba", "x", config -> config.with(backend("c"))));
        assertThat(store.current().number()).isEqualTo(1);
    }

    @Test
    void aFullDiskIsNamedAndWhatWasThereStays() throws IOException {
        ConfigStore store = open(file);
        ConfigVersion old = store.change("dba", "c added", config -> config.with(backend("c")));
        byte[] before = Files.readAllBytes(stateFile);
        Path unfinished = AtomicFile.unfinished(stateFile);
        Files.createSymbolicLink(unfinished, Path.of("/dev/full"));
        assertThatIOException()
                .isThrownBy(() -> store.change("dba", "x", config -> config.with(backend("d"))))
                .withMessageStartingWith(stateFile + ": ")
                .withMessageContaining("No space left on device");
        assertThat(store.current()).isEqualTo(old);
        assertThat(stateFile).hasBinaryContent(before);
        assertThat(unfinished).doesNotExist();
        assertThat(open(file).current()).isEqualTo(old);

        ConfigVersion next = store.change("dba", "d added", config -> config.with(backend("d")));
        assertThat(open(file).current()).isEqualTo(next);
    }

    @Test
    void aDirectoryThatCannotBeMadeIsNamed() throws IOException {
        Path notADirectory = directory.resolve("state");
        ConfigStore store = ConfigStore.open(file, notADirectory.resolve("sub/runtime-config.yaml"), () -> NOON);
        Files.writeString(notADirectory, "");
        assertThatIOException()
                .isThrownBy(() -> store.change("dba", "x", config -> config.with(backend("c"))))
                .withMessageContaining(notADirectory.toString());
    }

    @Test
    void aCrashAtAnyByteLeavesTheOldVersionOrTheNew() throws IOException {
        ConfigStore store = open(file);
        ConfigVersion old = store.change("dba", "c added", config -> config.with(backend("c")));
        byte[] before = Files.readAllBytes(stateFile);
        ConfigVersion changed = store.change(
                "dba", "a drained", config -> config.with(backend("a").withState(OperatorState.DRAINED)));
        byte[] after = Files.readAllBytes(stateFile);
        for (int length = 0; length <= after.length; length++) {
            // Before the rename the new file is only so long.
            Files.write(stateFile, before);
            Files.write(AtomicFile.unfinished(stateFile), Arrays.copyOf(after, length));
            assertThat(open(file).current()).isEqualTo(old);
        }
        Files.move(AtomicFile.unfinished(stateFile), stateFile, StandardCopyOption.REPLACE_EXISTING);
        assertThat(open(file).current()).isEqualTo(changed);
        ConfigVersion next = open(file).change("dba", "again", config -> config.without(address("c")));
        assertThat(open(file).current()).isEqualTo(next);
    }

    @Test
    void aDamagedFileIsNeverTakenForAnything() throws IOException {
        open(file).change("dba", "a drained", config -> config.with(backend("a").withState(OperatorState.DRAINED)));
        byte[] whole = Files.readAllBytes(stateFile);
        for (int length = 0; length < whole.length; length++) {
            Files.write(stateFile, Arrays.copyOf(whole, length));
            assertThatIOException().isThrownBy(() -> open(file)).withMessageContaining("is damaged");
        }
        for (int i = 0; i < whole.length; i++) {
            byte[] flipped = whole.clone();
            flipped[i] ^= 0x01;
            Files.write(stateFile, flipped);
            assertThatIOException().isThrownBy(() -> open(file)).withMessageContaining("is damaged");
        }
    }

    @Test
    void theHistoryIsBounded() throws IOException {
        ConfigStore store = open(file);
        for (int i = 0; i < 250; i++) {
            int weight = i + 2;
            store.change("dba", "w", config -> config.with(backend("a").withWeight(weight)));
        }
        assertThat(store.history()).hasSize(ConfigStore.HISTORY_MAX);
        assertThat(store.current().number()).isEqualTo(251);
        assertThat(open(file).history()).isEqualTo(store.history());
        assertThat(store.version(200).config().find(address("a")))
                .isEqualTo(backend("a").withWeight(200));
        assertThatExceptionOfType(NoSuchElementException.class)
                .isThrownBy(() -> store.version(151))
                .withMessageContaining("oldest is 152");
    }

    @Test
    void aStartWithAChangedFileMergesAndTellsConflicts() throws IOException {
        ConfigStore store = open(file);
        store.change("dba", "x", config -> config.with(backend("c")).without(address("b")));
        SluiceConfig changed = Configs.file(directory, "a", "b", "d");

        ConfigStore again = open(changed);

        assertThat(again.current().config().backends())
                .extracting(backend -> backend.address().host())
                .containsExactly("a", "d", "c");
        assertThat(again.current().number()).isEqualTo(3);
        assertThat(again.conflicts()).isEmpty();
        assertThat(open(changed).current().number()).isEqualTo(3);
    }

    @Test
    void aChangeThatChangesNothingMakesNoVersion() throws IOException {
        ConfigStore store = open(file);
        assertThat(store.change("dba", "x", config -> config.with(Feature.RETRY, true))
                        .number())
                .isEqualTo(1);
    }

    @Test
    void aConflictIsOverWhenTheOperatorChangesTheSameKeyAgain() throws IOException {
        ConfigStore store = open(file);
        store.change("dba", "x", config -> config.with(backend("a").withWeight(2)));
        store.reload(withoutBackend(file, "b"), "dba", "reload");
        store.change("dba", "x", config -> config.with(backend("b").withWeight(3)));
        assertThat(store.conflicts()).isEmpty();

        store.reload(file, "dba", "reload");
        assertThat(store.conflicts()).singleElement().asString().contains("b:3306].weight is 3 at run time and 1");

        store.change("dba", "x", config -> config.with(backend("a").withWeight(4)));
        assertThat(store.conflicts()).hasSize(1);
        store.change("dba", "x", config -> config.with(backend("b").withWeight(7)));
        assertThat(store.conflicts()).isEmpty();
    }

    private static SluiceConfig withoutBackend(SluiceConfig config, String host) {
        return RuntimeConfig.of(config).without(address(host)).appliedTo(config);
    }
}
