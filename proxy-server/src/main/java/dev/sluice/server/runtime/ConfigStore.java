package dev.sluice.server.runtime;

import dev.sluice.server.config.SluiceConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.UnaryOperator;

/**
 * The configuration as one object with versions: what the file says, what operators changed at run time, and how it came
 * about. Thread-safe: changes hold the monitor of this object, and what is in force is one volatile field.
 *
 * <p>The file is the base. A change at run time makes a new version, which is checked as a whole by the rules of the file,
 * written to the state directory, and only then in force. At a start, and when the file is read again, both are merged by
 * {@link ConfigMerge}.
 */
public final class ConfigStore {
    /** So many versions are kept. */
    static final int HISTORY_MAX = 100;

    private static final String STATE_FILE = "runtime-config.yaml";

    private final StateFile stateFile;
    private final InstantSource clock;
    private volatile State state;

    /** What is in force. Immutable. */
    private record State(
            SluiceConfig file, RuntimeConfig fileBase, List<ConfigVersion> history, List<String> conflicts) {
        ConfigVersion current() {
            return history.get(history.size() - 1);
        }
    }

    /**
     * What reading the file again has come to. Immutable.
     *
     * @param version what is in force
     * @param conflicts changes of the file that were not followed, because run-time changes contradict them
     */
    public record Merged(ConfigVersion version, List<String> conflicts) {
        /** Copies the list. */
        public Merged {
            conflicts = List.copyOf(conflicts);
        }
    }

    private ConfigStore(StateFile stateFile, InstantSource clock, State state) {
        this.stateFile = stateFile;
        this.clock = clock;
        this.state = state;
    }

    /**
     * Combines a file with what operators changed before the last stop.
     *
     * @param file the configuration as the file says it
     * @throws IOException if the state directory cannot be read or written, or holds damage
     */
    public static ConfigStore open(SluiceConfig file, InstantSource clock) throws IOException {
        return open(file, file.process().stateDir().resolve(STATE_FILE), clock);
    }

    static ConfigStore open(SluiceConfig file, Path path, InstantSource clock) throws IOException {
        StateFile stateFile = new StateFile(path);
        RuntimeConfig base = RuntimeConfig.of(file);
        StateFile.Content before = stateFile.read();
        if (before == null) {
            ConfigVersion first = new ConfigVersion(1, "file", clock.instant(), "first start", base);
            return new ConfigStore(stateFile, clock, new State(file, base, List.of(first), List.of()));
        }
        State then = new State(file, before.file(), before.history(), List.of());
        ConfigStore store = new ConfigStore(stateFile, clock, then);
        Merged unused = store.reload(file, "file", "start with a changed file");
        return store;
    }

    /** What is in force. */
    public ConfigVersion current() {
        return state.current();
    }

    /** What is in force, as a file would say it: without features and the states of backends. */
    public SluiceConfig effective() {
        State now = state;
        return now.current().config().appliedTo(now.file());
    }

    /** What the file says of that which can change at run time. */
    public RuntimeConfig file() {
        return state.fileBase();
    }

    /** All that the file says. */
    public SluiceConfig wholeFile() {
        return state.file();
    }

    /** What the file says and is not followed, since it was last read. */
    public List<String> conflicts() {
        return state.conflicts();
    }

    /** The versions that are kept, oldest first; the last is in force. */
    public List<ConfigVersion> history() {
        return state.history();
    }

    /**
     * The version with a number.
     *
     * @throws NoSuchElementException if it is not kept
     */
    public ConfigVersion version(long number) {
        return history().stream()
                .filter(version -> version.number() == number)
                .findFirst()
                .orElseThrow(() -> new NoSuchElementException("version " + number + " is not kept; the oldest is "
                        + history().get(0).number()));
    }

    /**
     * Makes a new version.
     *
     * @param change what is done, in one sentence
     * @throws IllegalArgumentException if the outcome is not valid; nothing has changed then
     * @throws IOException if it could not be written; nothing has changed then
     */
    public synchronized ConfigVersion change(String author, String change, UnaryOperator<RuntimeConfig> how)
            throws IOException {
        State now = state;
        RuntimeConfig wanted = how.apply(now.current().config());
        List<String> conflicts = stillOpen(now.conflicts(), now.current().config(), wanted);
        return advance(author, change, wanted, now.file(), now.fileBase(), conflicts);
    }

    /** Who changes a key on which the file was not followed has decided; what is left is a difference like any other. */
    private static List<String> stillOpen(List<String> conflicts, RuntimeConfig before, RuntimeConfig now) {
        List<String> changed = ConfigDifferences.between(before, now).stream()
                .map(ConfigDifferences.Difference::key)
                .toList();
        return conflicts.stream()
                .filter(conflict -> changed.stream().noneMatch(key -> isAbout(conflict, key)))
                .toList();
    }

    /** A conflict begins with the key that it is about, or with the backend's name. */
    private static boolean isAbout(String conflict, String key) {
        String about = conflict.substring(0, conflict.indexOf(' '));
        return key.equals(about) || key.startsWith(about + ".");
    }

    /**
     * What reading a file would come to, without doing it.
     *
     * @throws IllegalArgumentException if the outcome would not be valid
     */
    public RuntimeConfig preview(SluiceConfig file) {
        RuntimeConfig merged = ConfigMerge.of(
                        state.fileBase(), RuntimeConfig.of(file), current().config())
                .config();
        SluiceConfig unused = merged.appliedTo(file);
        return merged;
    }

    /**
     * Merges what a file says now into what is in force; makes a new version only if that differs.
     *
     * @throws IllegalArgumentException if the outcome is not valid; nothing has changed then
     * @throws IOException if it could not be written; nothing has changed then
     */
    public synchronized Merged reload(SluiceConfig file, String author, String change) throws IOException {
        State now = state;
        RuntimeConfig base = RuntimeConfig.of(file);
        ConfigMerge.Outcome merged =
                ConfigMerge.of(now.fileBase(), base, now.current().config());
        ConfigVersion version = now.current();
        if (!merged.config().equals(version.config()) || !base.equals(now.fileBase())) {
            version = advance(author, change, merged.config(), file, base, merged.conflicts());
        } else {
            state = new State(file, base, now.history(), now.conflicts());
        }
        return new Merged(version, merged.conflicts());
    }

    private ConfigVersion advance(
            String author,
            String change,
            RuntimeConfig wanted,
            SluiceConfig file,
            RuntimeConfig base,
            List<String> conflicts)
            throws IOException {
        SluiceConfig unused = wanted.appliedTo(file);
        ConfigVersion before = state.current();
        ConfigVersion version = before;
        List<ConfigVersion> history = new ArrayList<>(state.history());
        if (!wanted.equals(before.config())) {
            version = new ConfigVersion(before.number() + 1, author, clock.instant(), change, wanted);
            history.add(version);
        }
        while (history.size() > HISTORY_MAX) {
            history.remove(0);
        }
        stateFile.write(new StateFile.Content(base, history));
        state = new State(file, base, List.copyOf(history), List.copyOf(conflicts));
        return version;
    }
}
