package dev.sluice.server.capture;

import dev.sluice.protocol.testing.ClientForm;
import dev.sluice.protocol.testing.Hex;
import dev.sluice.protocol.testing.ReplyKind;
import dev.sluice.protocol.testing.ReplyReader;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerVersion.Vendor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What a server answered to one command from each kind of client. Immutable.
 *
 * @param exchange what was asked
 * @param command the packet of the command, as the modern client sent it
 * @param answers what that client said after it
 * @param replies of the server, by kind of client
 * @param kinds what the replies are made of, by kind of client
 * @param silence how it was found out that there is no reply; empty if there is one
 */
record Recording(
        Exchange exchange,
        byte[] command,
        byte[] answers,
        Map<ClientForm, byte[]> replies,
        Map<ClientForm, Set<ReplyKind>> kinds,
        String silence) {
    private static final int DIGITS_MAX = 96;
    private static final String TRACKERS = "SET SESSION session_track_system_variables='*', session_track_schema=ON, "
            + "session_track_state_change=ON, session_track_transaction_info='CHARACTERISTICS'";

    /** Asks the server once for each kind of client, on a connection of its own. */
    static Recording of(LocalCluster cluster, Exchange exchange) throws IOException {
        byte[] command = new byte[0];
        byte[] answers = new byte[0];
        String silence = "";
        Map<ClientForm, byte[]> replies = new EnumMap<>(ClientForm.class);
        Map<ClientForm, Set<ReplyKind>> kinds = new EnumMap<>(ClientForm.class);
        for (ClientForm form : ClientForm.values()) {
            try (RecordingClient client = RecordingClient.open(cluster.primary(), form)) {
                boolean login = exchange.asks().equals("LOGIN");
                if (!login) {
                    logIn(client, form, cluster, exchange);
                }
                client.begin();
                byte[] sent = client.send(login ? 1 : 0, exchange.payload().of(client));
                ReplyReader reply = client.read(exchange.shape());
                replies.put(form, reply.bytes());
                kinds.put(form, reply.kinds());
                if (form == ClientForm.MODERN) {
                    command = sent;
                    answers = client.answers();
                }
                if (exchange.shape().equals("NONE")) {
                    silence = hear(client, exchange);
                } else if (!exchange.endsConnection()) {
                    // The reader that found the end of the answer may be wrong: nothing more of it comes.
                    client.prepare(Exchanges.PING);
                }
            } catch (IOException | IllegalArgumentException e) {
                throw new IOException(exchange + " for " + form, e);
            }
        }
        return new Recording(exchange, command, answers, replies, kinds, silence);
    }

    private static void logIn(RecordingClient client, ClientForm form, LocalCluster cluster, Exchange exchange)
            throws IOException {
        client.logIn(exchange.account());
        if (form.tracksSession()) {
            client.prepare(
                    Exchange.query("", isMySql(cluster) ? TRACKERS + ", session_track_gtids='OWN_GTID'" : TRACKERS));
        }
        for (Exchange setup : exchange.setup()) {
            client.prepare(setup);
        }
    }

    private static String hear(RecordingClient client, Exchange exchange) throws IOException {
        if (exchange.asks().equals("COM_QUIT")) {
            if (!client.isClosedByServer()) {
                throw new IOException("an answer to COM_QUIT");
            }
            return "the server closed the connection";
        }
        client.prepare(Exchanges.PING);
        return "the next thing that the server sent answered a COM_PING";
    }

    /** The file of the capture, line by line. */
    List<String> lines(LocalCluster cluster) {
        List<String> lines = new ArrayList<>();
        lines.add(
                "# " + cluster.version()
                        + "; recorded by CaptureIT for four kinds of clients: with CLIENT_DEPRECATE_EOF"
                        + " and CLIENT_SESSION_TRACK (modern), without the former (eof), the latter (untracked), both (legacy)");
        lines.add("# " + (exchange.asks() + " " + exchange.note()).strip());
        lines.add("asks " + exchange.asks());
        lines.add("shape " + exchange.shape());
        if (exchange.varies() != null) {
            lines.add("varies " + exchange.varies());
        }
        add(lines, "command", command);
        add(lines, "answers", answers);
        if (!silence.isEmpty()) {
            lines.add("silence " + silence);
            return lines;
        }
        // Logins are not for the readers of responses.
        String prefix = exchange.shape().equals("AUTH") ? "auth-" : "";
        replies.forEach((form, reply) -> add(lines, prefix + form.keyword(), reply));
        return lines;
    }

    /** The folder of the captures of a server. */
    static String folder(LocalCluster cluster) {
        return cluster.version().toString().toLowerCase(Locale.ROOT).replace(' ', '-');
    }

    private static boolean isMySql(LocalCluster cluster) {
        return cluster.version().vendor() == Vendor.MYSQL;
    }

    private static void add(List<String> lines, String keyword, byte[] bytes) {
        String hex = Hex.of(bytes);
        for (int from = 0; from < hex.length(); from += DIGITS_MAX) {
            lines.add(keyword + " " + hex.substring(from, Math.min(hex.length(), from + DIGITS_MAX)));
        }
    }
}
