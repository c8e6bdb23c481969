package dev.sluice.benchmarks.macro;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A reader of what Linux tells about processes below {@code /proc}.
 *
 * <p>CPU times there have a resolution of 10 ms: over a measurement of seconds that is well below its noise.
 *
 * <p>Immutable.
 *
 * @param root {@code /proc}, or another directory of that form
 * @see <a href="https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html">proc_pid_stat(5)</a>
 */
record ProcFileSystem(Path root) {
    /** Linux shows CPU times to programs in units of 1/100 s on every architecture this runs on. */
    private static final long MICROS_PER_TICK = 10_000;

    private static final long BYTES_PER_KB = 1024;
    /** See proc_pid_clear_refs(5). */
    private static final String RESET_PEAK = "5";

    private static final String OPEN_FILES = "Max open files";

    /**
     * How the names of a JVM's compiler threads begin, of which Linux keeps 15 characters: most JVMs cut off the end, some
     * leave out the middle.
     */
    private static final List<String> COMPILERS = List.of("C1 Com", "C2 Com");

    private static final int FIELD_STATE = 3;
    private static final int FIELD_UTIME = 14;
    private static final int FIELD_STIME = 15;

    /** That of this machine. */
    static ProcFileSystem ofMachine() {
        return new ProcFileSystem(Path.of("/proc"));
    }

    /**
     * What a process has used until now.
     *
     * @throws IOException if there is no such process or it may not be looked at
     */
    ProcessUsage usage(long pid) throws IOException {
        Path process = root.resolve(Long.toString(pid));
        Stat stat = Stat.parse(Files.readString(process.resolve("stat")));
        String status = Files.readString(process.resolve("status"));
        return new ProcessUsage(
                stat.userMicros(),
                stat.systemMicros(),
                contextSwitches(process),
                field(status, "VmRSS:") * BYTES_PER_KB,
                field(status, "VmHWM:") * BYTES_PER_KB,
                compilers(process));
    }

    /**
     * Lets the kernel measure the peak of resident memory from now on.
     *
     * @return false if it does not let us: the peak is then that since the start of the process
     */
    boolean forgetPeak(long pid) {
        try {
            Files.writeString(root.resolve(Long.toString(pid)).resolve("clear_refs"), RESET_PEAK);
            return true;
        } catch (IOException notOurs) {
            return false;
        }
    }

    /** How many files a process may have open. */
    long openFilesMax(String process) throws IOException {
        for (String line : Files.readString(root.resolve(process).resolve("limits"))
                .lines()
                .toList()) {
            if (line.startsWith(OPEN_FILES)) {
                String soft = line.substring(OPEN_FILES.length()).trim().split(" +", -1)[0];
                return soft.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(soft);
            }
        }
        throw new IOException(root.resolve(process) + "/limits names no " + OPEN_FILES);
    }

    /** The process as a whole has no such counter, only its threads have. */
    private static long contextSwitches(Path process) throws IOException {
        long sum = 0;
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(process.resolve("task"))) {
            for (Path thread : threads) {
                @Nullable String status = ofThread(thread, "status");
                if (status != null) {
                    sum += field(status, "voluntary_ctxt_switches:") + field(status, "nonvoluntary_ctxt_switches:");
                }
            }
        }
        return sum;
    }

    private static CompilerTimes compilers(Path process) throws IOException {
        Map<String, Long> microsByThread = new HashMap<>();
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(process.resolve("task"))) {
            for (Path thread : threads) {
                @Nullable String text = ofThread(thread, "stat");
                if (text != null) {
                    Stat stat = Stat.parse(text);
                    if (COMPILERS.stream().anyMatch(stat.name()::startsWith)) {
                        microsByThread.put(
                                String.valueOf(thread.getFileName()), stat.userMicros() + stat.systemMicros());
                    }
                }
            }
        }
        return new CompilerTimes(microsByThread);
    }

    /** The text of a file of a thread; null if the thread has ended since its directory was listed. */
    private static @Nullable String ofThread(Path thread, String file) throws IOException {
        try {
            return Files.readString(thread.resolve(file));
        } catch (IOException e) {
            // It says that there is no such file, or, when the file was open already, no such process.
            if (Files.exists(thread)) {
                throw e;
            }
            return null;
        }
    }

    /** The number behind a name at the start of a line; 0 if there is none, as in a process that is a zombie. */
    private static long field(String status, String name) {
        for (String line : status.lines().toList()) {
            if (line.startsWith(name)) {
                return Long.parseLong(
                        line.substring(name.length()).replace("kB", "").trim());
            }
        }
        return 0;
    }

    /**
     * What is read of the file {@code stat} of a process or a thread. Immutable.
     *
     * @param name of the program or of the thread, cut to 15 characters
     */
    private record Stat(String name, long userMicros, long systemMicros) {
        static Stat parse(String text) {
            // The name may hold spaces and parentheses.
            int nameEnd = text.lastIndexOf(')');
            String[] fields = text.substring(nameEnd + 1).trim().split(" ", -1);
            return new Stat(
                    text.substring(text.indexOf('(') + 1, nameEnd),
                    Long.parseLong(fields[FIELD_UTIME - FIELD_STATE]) * MICROS_PER_TICK,
                    Long.parseLong(fields[FIELD_STIME - FIELD_STATE]) * MICROS_PER_TICK);
        }
    }
}
