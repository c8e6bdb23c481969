package dev.sluice.server.localcluster;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.InspectContainerResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.DockerImageName;

/**
 * The official MySQL 8.4 image in containers that share the host's network, where a Docker daemon answers.
 *
 * <p>The image's entry point is not used: it would give each server a history of its own. The server is initialised
 * and started with the same arguments as on the host, which it reads from a file, because a container's command cannot
 * be changed between two starts and the role of a server can.
 *
 * <p>Immutable.
 */
final class ContainerFlavor implements ServerFlavor {
    private static final DockerImageName IMAGE = DockerImageName.parse("mysql:8.4");
    private static final ServerVersion VERSION = new ServerVersion(ServerVersion.Vendor.MYSQL, 8, 4, 0);
    private static final String SCRIPT = """
            [ -d /var/lib/mysql/mysql ] || mysqld --no-defaults --initialize-insecure --user=mysql \
                --datadir=/var/lib/mysql --init-file=/accounts.sql --mysql-native-password=ON || exit 1
            exec mysqld --no-defaults --user=mysql --datadir=/var/lib/mysql --socket=/tmp/server.sock $(cat /arguments)
            """;

    static boolean isDockerAvailable() {
        return DockerClientFactory.instance().isDockerAvailable();
    }

    @Override
    public String name() {
        return "container";
    }

    @Override
    public ServerInstallation install(ServerCache cache, ProgressListener progress) {
        if (!isDockerAvailable()) {
            throw new ServerUnavailableException("No Docker daemon answers: start one, or choose another flavour.");
        }
        return new Installation();
    }

    private record Installation() implements ServerInstallation {
        @Override
        public String description() {
            return "MySQL 8.4 (image " + IMAGE + ")";
        }

        @Override
        public ServerVersion version() {
            return VERSION;
        }

        @Override
        public ServerInstance create(Path directory, ProgressListener progress) {
            String accounts = Accounts.statements(VERSION).stream().collect(Collectors.joining(";\n", "", ";\n"));
            GenericContainer<?> container = new GenericContainer<>(IMAGE)
                    .withNetworkMode("host")
                    .withCopyToContainer(Transferable.of(accounts), "/accounts.sql")
                    .withCreateContainerCmdModifier(command ->
                            command.withEntrypoint("sh", "-c", SCRIPT).withCmd());
            return new Container(container);
        }
    }

    /** One server in its container. Thread-safe: confined to the {@link LocalServer} that owns it. */
    private static final class Container implements ServerInstance {
        private static final int LOG_CHARACTERS_MAX = 64 * 1024;

        private final GenericContainer<?> container;

        Container(GenericContainer<?> container) {
            this.container = container;
        }

        @Override
        public void start(List<String> arguments) {
            Transferable file = Transferable.of(String.join(" ", arguments));
            if (container.getContainerId() == null) {
                container.withCopyToContainer(file, "/arguments").start();
            } else {
                container.copyFileToContainer(file, "/arguments");
                docker().startContainerCmd(container.getContainerId()).exec();
            }
        }

        @Override
        public void kill() {
            if (isAlive()) {
                docker().killContainerCmd(container.getContainerId()).exec();
            }
        }

        @Override
        public void suspend() {
            docker().pauseContainerCmd(container.getContainerId()).exec();
        }

        @Override
        public void resume() {
            docker().unpauseContainerCmd(container.getContainerId()).exec();
        }

        @Override
        public boolean isAlive() {
            return container.getContainerId() != null && Boolean.TRUE.equals(state().getRunning());
        }

        @Override
        public long pid() {
            return -1;
        }

        @Override
        public String logTail() {
            String logs = container.getContainerId() == null ? "" : container.getLogs();
            return logs.substring(Math.max(0, logs.length() - LOG_CHARACTERS_MAX));
        }

        @Override
        public LocalClusterException failure(String activity) {
            return StartFailure.of(activity, logTail(), Path.of("/"));
        }

        private InspectContainerResponse.ContainerState state() {
            return docker().inspectContainerCmd(container.getContainerId())
                    .exec()
                    .getState();
        }

        private static DockerClient docker() {
            return DockerClientFactory.instance().client();
        }
    }
}
