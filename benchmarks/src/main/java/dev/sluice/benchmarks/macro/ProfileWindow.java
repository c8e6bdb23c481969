package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Has the JVM of Sluice record what its threads do in the measured time. Confined to the main thread. */
final class ProfileWindow implements Load.Window {
    private static final String NAME = "name=bench";

    private final Jcmd jcmd;
    private final Path recording;

    /** Records in that JVM; the recording is put into the directory. */
    ProfileWindow(Jcmd jcmd, Path directory) {
        this.jcmd = jcmd;
        this.recording = directory.resolve("profile.jfr").toAbsolutePath();
    }

    @Override
    public void opened() throws CommandFailure {
        tell("JFR.start", NAME, "settings=profile");
    }

    @Override
    public void closed() throws CommandFailure {
        tell("JFR.stop", NAME, "filename=" + recording);
    }

    private void tell(String... command) throws CommandFailure {
        try {
            String unused = jcmd.run(command);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted while the JVM of Sluice was told to record");
        }
    }

    /** Writes the flame graphs of the measured time: of time, and beside it of what was allocated. */
    void write(Path file, Path allocations, String title) throws CommandFailure {
        try {
            Files.writeString(
                    file, FlameGraph.read(recording, FlameGraph.Kind.TIME).svg(title));
            Files.writeString(
                    allocations,
                    FlameGraph.read(recording, FlameGraph.Kind.ALLOCATION).svg(title));
            Files.delete(recording);
        } catch (IOException e) {
            throw new CommandFailure(1, "cannot make " + file + " of " + recording + ": " + e.getMessage(), e);
        }
    }
}
