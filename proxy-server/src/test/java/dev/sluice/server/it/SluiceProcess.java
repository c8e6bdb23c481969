package dev.sluice.server.it;

import dev.sluice.protocol.ProtocolException;
import dev.sluice.server.localcluster.Accounts;
import dev.sluice.server.localcluster.FreePorts;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * {@code serve} in a process of its own, for what has to be measured from outside or may end it. Confined to the thread of
 * the test.
 */
final class SluiceProcess implements AutoCloseable {
    private static final Duration START = Duration.ofMinutes(2);
    private static final long POLL_NANOS = Duration.ofMillis(50).toNanos();

    private final Process process;
    private final int port;
    private final int metricsPort;
    private final Path log;
    private final HttpClient http = HttpClient.newHttpClient();

    private SluiceProcess(Process process, int port, int metricsPort, Path log) {
        this.process = process;
        this.port = port;
        this.metricsPort = metricsPort;
        this.log = log;
    }

    /**
     * Starts it in front of a cluster and returns when it serves.
     *
     * @param name of its files, in the cluster's directory
     * @param configuration more lines of its file
     * @param jvmOptions of its process
     */
    static SluiceProcess start(LocalCluster cluster, String name, String configuration, String... jvmOptions)
            throws IOException {
        return start(List.of(), System.getProperty("java.class.path"), cluster, name, configuration, jvmOptions);
    }

    /**
     * The same under another program, which becomes the process.
     *
     * @param wrapper its name and arguments, which are followed by the command
     */
    static SluiceProcess startUnder(
            List<String> wrapper, LocalCluster cluster, String name, String configuration, String... jvmOptions)
            throws IOException {
        return start(wrapper, System.getProperty("java.class.path"), cluster, name, configuration, jvmOptions);
    }

    /** The same with all classes in jars, as they are where Sluice is installed: a jar stays open, a file of a directory does not. */
    static SluiceProcess startFromJars(
            List<String> wrapper, LocalCluster cluster, String name, String configuration, String... jvmOptions)
            throws IOException {
        String classPath = ClassPathJars.of(System.getProperty("java.class.path"), cluster.directory());
        return start(wrapper, classPath, cluster, name, configuration, jvmOptions);
    }

    /** The same with another class path than this process has. */
    static SluiceProcess startWith(
            String classPath, LocalCluster cluster, String name, String configuration, String... jvmOptions)
            throws IOException {
        return start(List.of(), classPath, cluster, name, configuration, jvmOptions);
    }

    private static SluiceProcess start(
            List<String> wrapper,
            String classPath,
            LocalCluster cluster,
            String name,
            String configuration,
            String... jvmOptions)
            throws IOException {
        Path directory = cluster.directory();
        int port = FreePorts.pick();
        int metricsPort = FreePorts.pick();
        StringBuilder backends = new StringBuilder();
        for (LocalServer server : cluster.servers()) {
            backends.append("  - address: ").append(server.address()).append('\n');
        }
        String file = "listen: 127.0.0.1:" + port + "\nstate-dir: " + directory.resolve(name + "-state")
                + "\nbackends:\n"
                + backends + "monitor:\n  user: " + Accounts.MONITOR_USER + "\n  password: " + Accounts.MONITOR_PASSWORD
                + "\nmetrics:\n  listen: 127.0.0.1:" + metricsPort + "\n" + configuration;
        List<String> command = new ArrayList<>(wrapper);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(jvmOptions));
        command.addAll(List.of(
                "-cp",
                classPath,
                "dev.sluice.server.cli.Main",
                "serve",
                "--config",
                Files.writeString(directory.resolve(name + ".yaml"), file).toString()));
        Path log = directory.resolve(name + ".log");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        SluiceProcess started = new SluiceProcess(process, port, metricsPort, log);
        try {
            started.awaitServing();
        } catch (IOException | RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
        return started;
    }

    private void awaitServing() throws IOException {
        long deadline = System.nanoTime() + START.toNanos();
        while (true) {
            try (RawClient client = RawClient.connect(port)) {
                List<byte[]> unused = client.query("SELECT 1");
                return;
            } catch (IOException | ProtocolException notYet) {
                // In place of the greeting there may be an error: no server has been seen yet.
                if (!process.isAlive() || System.nanoTime() - deadline > 0) {
                    throw new IOException("does not serve: " + log(), notYet);
                }
                LockSupport.parkNanos(POLL_NANOS);
            }
        }
    }

    int port() {
        return port;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    String log() throws IOException {
        return Files.readString(log);
    }

    /** A line of {@code /proc/PID/status}, in bytes. */
    long memory(String name) throws IOException {
        return Files.readAllLines(Path.of("/proc", String.valueOf(process.pid()), "status")).stream()
                .filter(line -> line.startsWith(name + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElseThrow(() -> new IOException("the system tells no " + name));
    }

    /** The value of a metric, with its labels if it has any. */
    double metric(String name) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + metricsPort + "/metrics"))
                .build();
        return http.send(request, BodyHandlers.ofString())
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new IOException("no metric " + name));
    }

    /** The heap that is in use after a collection, in bytes. */
    long heap() throws IOException, InterruptedException {
        Process collection = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        String.valueOf(process.pid()),
                        "GC.run")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!collection.waitFor(30, TimeUnit.SECONDS) || collection.exitValue() != 0) {
            throw new IOException("jcmd could not ask for a collection");
        }
        return (long) metric("jvm_memory_used_bytes{area=\"heap\"}");
    }

    /**
     * Changes what the system lets it have from now on.
     *
     * @param limit an option of prlimit, such as {@code --nofile=100:}
     */
    void limit(String limit) throws IOException, InterruptedException {
        Process prlimit = new ProcessBuilder("prlimit", "--pid", String.valueOf(process.pid()), limit)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!prlimit.waitFor(30, TimeUnit.SECONDS) || prlimit.exitValue() != 0) {
            throw new IOException("prlimit could not set " + limit);
        }
    }

    /** How many file descriptors it has open. */
    int descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc", String.valueOf(process.pid()), "fd"))) {
            return (int) open.count();
        }
    }

    /** The time that it has spent on CPUs. */
    Duration cpu() throws IOException {
        return process.toHandle()
                .info()
                .totalCpuDuration()
                .orElseThrow(() -> new IOException("the system tells no CPU time"));
    }

    /** Ends it by SIGTERM; whether that took less than half a minute. */
    boolean stop() throws InterruptedException {
        process.destroy();
        return process.waitFor(30, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
