package dev.sluice.server.logging;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Whether somebody is reading along. Immutable.
 *
 * @param present whether the output is a terminal
 * @param colour whether it understands colours and nobody objects to them
 */
public record Terminal(boolean present, boolean colour) {
    private static final Path STANDARD_OUTPUT = Path.of("/proc/self/fd/1");

    /**
     * What standard output is connected to. The link in {@code /proc} is asked, because {@code System.console()} also
     * looks at standard input and means something else since JDK 22. Without {@code /proc} there is no terminal.
     */
    public static Terminal ofStandardOutput() {
        String target = "";
        try {
            target = Files.readSymbolicLink(STANDARD_OUTPUT).toString();
        } catch (IOException | UnsupportedOperationException e) {
            return new Terminal(false, false);
        }
        boolean present =
                target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        return new Terminal(present, present && wantsColour(System.getenv("NO_COLOR"), System.getenv("TERM")));
    }

    static boolean wantsColour(@Nullable String noColor, @Nullable String term) {
        return (noColor == null || noColor.isEmpty()) && term != null && !term.equals("dumb");
    }
}
