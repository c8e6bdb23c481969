package dev.sluice.benchmarks.macro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is read below /proc, from files of that form and from the real ones. */
class ProcFileSystemTest {
    @TempDir
    Path root;

    @Test
    void timesAreThoseOfTheProcessAndSwitchesThoseOfAllThreads() throws IOException {
        process("java", 250, 100);
        thread(17, 1_000, 10);
        thread(18, 500, 5);

        ProcessUsage usage = new ProcFileSystem(root).usage(17);

        assertThat(usage)
                .isEqualTo(new ProcessUsage(
                        2_500_000, 1_000_000, 1_515, 2_048L * 1_024, 4_096L * 1_024, CompilerTimes.NONE));
        assertThat(usage.cpuMicros()).isEqualTo(3_500_000);
    }

    @Test
    void compilersAreTheThreadsWithTheirNames() throws IOException {
        process("java", 250, 100);
        thread(17, "java", 100, 50);
        thread(21, "C1 CompilerThre", 3, 4);
        thread(22, "C2 CompilerThre", 10, 0);
        thread(23, "C2 Comp..hread1", 1, 1);
        thread(24, "G1 Conc#0", 5, 5);

        ProcessUsage usage = new ProcFileSystem(root).usage(17);

        assertThat(usage.compilers().microsByThread())
                .containsOnly(Map.entry("21", 70_000L), Map.entry("22", 100_000L), Map.entry("23", 20_000L));
    }

    @Test
    void aThreadThatEndsWhileItIsLookedAtIsLeftOut() throws IOException {
        process("java", 250, 100);
        thread(17, 1_000, 10);
        thread(21, "C1 CompilerThre", 3, 4);
        Files.createSymbolicLink(root.resolve("17/task/22"), root.resolve("ended"));

        ProcessUsage usage = new ProcFileSystem(root).usage(17);

        assertThat(usage.contextSwitches()).isEqualTo(1_010);
        assertThat(usage.compilers().micros()).isEqualTo(70_000);
    }

    @Test
    void aNameWithSpacesAndParenthesesMovesNoField() throws IOException {
        process("a) R 1 (b", 7, 8);
        thread(17, 0, 0);

        ProcessUsage usage = new ProcFileSystem(root).usage(17);

        assertThat(usage.userMicros()).isEqualTo(70_000);
        assertThat(usage.systemMicros()).isEqualTo(80_000);
    }

    @Test
    void theDifferenceIsWhatWasUsedInBetween() {
        ProcessUsage before = new ProcessUsage(10, 20, 30, 40, 45, new CompilerTimes(Map.of("21", 4L)));
        ProcessUsage after = new ProcessUsage(110, 220, 330, 35, 70, new CompilerTimes(Map.of("21", 10L)));

        assertThat(after.since(before))
                .isEqualTo(new ProcessUsage(100, 200, 300, 35, 30, new CompilerTimes(Map.of("21", 6L))));
    }

    @Test
    void thePeakIsForgottenWhereTheKernelLetsUs() throws IOException {
        process("java", 1, 1);

        assertThat(new ProcFileSystem(root).forgetPeak(17)).isTrue();

        assertThat(root.resolve("17/clear_refs")).hasContent("5");
        assertThat(new ProcFileSystem(root).forgetPeak(18)).isFalse();
    }

    @Test
    void theLimitOfOpenFilesIsTheSoftOne() throws IOException {
        process("java", 1, 1);
        Files.writeString(root.resolve("17/limits"), """
                Limit                     Soft Limit           Hard Limit           Units
                Max processes             unlimited            unlimited            processes
                Max open files            1024                 20000                files
                """);

        assertThat(new ProcFileSystem(root).openFilesMax("17")).isEqualTo(1024);
        assertThat(ProcFileSystem.ofMachine().openFilesMax("self")).isGreaterThan(10);
    }

    @Test
    void aProcessThatIsNotThereIsAnError() {
        assertThatThrownBy(() -> new ProcFileSystem(root).usage(17)).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void theRealFilesOfThisProcessSayThatItHasWorked() throws IOException {
        ProcFileSystem proc = ProcFileSystem.ofMachine();

        ProcessUsage usage = proc.usage(ProcessHandle.current().pid());

        assertThat(usage.userMicros()).isBetween(100_000L, 3_600_000_000L);
        assertThat(usage.contextSwitches()).isPositive();
        assertThat(usage.compilers().areThere()).isTrue();
        assertThat(usage.residentBytes()).isBetween(10_000_000L, 20_000_000_000L);
    }

    private void process(String name, long userTicks, long systemTicks) throws IOException {
        Path process = Files.createDirectories(root.resolve("17"));
        Files.writeString(process.resolve("stat"), stat(17, name, userTicks, systemTicks));
        Files.writeString(process.resolve("status"), "Name:\tjava\nVmHWM:\t    4096 kB\nVmRSS:\t    2048 kB\n");
    }

    private static String stat(int id, String name, long userTicks, long systemTicks) {
        return id + " (" + name + ") S 1 17 17 0 -1 4194560 1 2 3 4 " + userTicks + " " + systemTicks
                + " 5 6 20 0 2 0 99 8192 512 18446744073709551615\n";
    }

    private void thread(int id, long voluntary, long involuntary) throws IOException {
        thread(id, "loop", 0, 0, voluntary, involuntary);
    }

    private void thread(int id, String name, long userTicks, long systemTicks) throws IOException {
        thread(id, name, userTicks, systemTicks, 0, 0);
    }

    private void thread(int id, String name, long userTicks, long systemTicks, long voluntary, long involuntary)
            throws IOException {
        Path thread = Files.createDirectories(root.resolve("17/task").resolve(Integer.toString(id)));
        Files.writeString(thread.resolve("stat"), stat(id, name, userTicks, systemTicks));
        Files.writeString(
                thread.resolve("status"),
                "Name:\t" + name + "\nvoluntary_ctxt_switches:\t" + voluntary + "\nnonvoluntary_ctxt_switches:\t"
                        + involuntary + "\n");
    }
}
