package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.protocol.CommandType;
import dev.sluice.server.config.AccessConfig;
import dev.sluice.server.config.AccessList;
import dev.sluice.server.config.ProxyProtocol;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where servers are told who the client is, a dump of the binary log is a client's, and a new primary is told, too. */
@Timeout(120)
class ProxyHeaderFailoverIT {
    private static final String BALANCER = "127.0.78.1";
    private static final String CLIENT = "10.7.0.1";

    private static RawClient in(TestProxy proxy, String user, String password) throws IOException {
        RawClient client = RawClient.openFrom(BALANCER, proxy.port());
        client.writeWire(("PROXY TCP4 " + CLIENT + " 10.255.0.1 4711 3306\r\n").getBytes(StandardCharsets.US_ASCII));
        byte[] answer = client.tryLogin(RawClient.CAPABILITIES, user, password, "");
        assertThat(RawClient.first(answer))
                .as(() -> String.valueOf(client.err(answer)))
                .isEqualTo(RawClient.OK);
        return client;
    }

    @Test
    void dumpsAndTheNextPrimarySeeTheClient() throws Exception {
        MariaDbServer.requireInstalled(ProxyHeaderFailoverIT.class);
        try (LocalCluster cluster = LocalCluster.builder()
                        .flavor(ServerFlavor.executable("mariadbd"))
                        .replicas(1)
                        .serverArgument("--proxy-protocol-networks=127.0.0.1")
                        .start();
                TestProxy proxy = TestProxy.options()
                        .access(new AccessConfig(
                                AccessList.parse("*"), AccessList.parse("none"), AccessList.parse(BALANCER)))
                        .proxyProtocol(ProxyProtocol.V2)
                        .start(cluster)) {
            // Nobody from Sluice's own address is that user.
            cluster.primary()
                    .execute(
                            "CREATE USER told@'10.7.%' IDENTIFIED VIA mysql_native_password USING PASSWORD('t')",
                            "GRANT ALL ON *.* TO told@'10.7.%'");
            cluster.awaitReplicated(TestProxy.SOON);
            await().atMost(TestProxy.SOON)
                    .ignoreExceptions()
                    .untilAsserted(() -> in(proxy, "told", "t").close());
            seenInADump(cluster, proxy);
            try (RawClient client = in(proxy, "told", "t")) {
                String user = "SELECT CONCAT(SUBSTRING_INDEX(USER(), '@', -1), ' ', @@port) FOR UPDATE";
                assertThat(client.value(user))
                        .isEqualTo(CLIENT + " " + cluster.primary().port());
                cluster.primary().kill();
                cluster.promote(cluster.replicas().get(0));
                await().atMost(TestProxy.SOON)
                        .ignoreExceptions()
                        .untilAsserted(() -> assertThat(client.value(user))
                                .isEqualTo(CLIENT + " " + cluster.primary().port()));
            }
            try (RawClient next = in(proxy, "told", "t")) {
                assertThat(next.value("SELECT CURRENT_USER() FOR UPDATE")).isEqualTo("told@10.7.%");
            }
        }
    }

    private static void seenInADump(LocalCluster cluster, TestProxy proxy) throws IOException {
        try (RawClient dump = in(proxy, "told", "t")) {
            assertThat(dump.query("SET @master_binlog_checksum = 'NONE'")).hasSize(1);
            ByteBuf start = Unpooled.buffer().writeIntLE(4).writeShortLE(0).writeIntLE(4711);
            start.writeCharSequence(cluster.primary().queryValue("SHOW MASTER STATUS"), StandardCharsets.US_ASCII);
            dump.send(CommandType.COM_BINLOG_DUMP, ByteBufUtil.getBytes(start));
            assertThat(RawClient.first(dump.read())).isEqualTo(RawClient.OK);
            assertThat(cluster.primary()
                            .queryValue("SELECT SUBSTRING_INDEX(host, ':', 1) FROM information_schema.processlist"
                                    + " WHERE user = 'told' AND command = 'Binlog Dump'"))
                    .isEqualTo(CLIENT);
        }
    }
}
