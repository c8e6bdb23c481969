package dev.sluice.server.monitor;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The accounts of a server, and which of them a login stands for. Immutable.
 *
 * <p>The choice is the server's: rows that match the host, the most specific host first, and within one host the named user
 * before the anonymous one. So an anonymous account for a specific host hides a named account for "%". The host is that of this
 * proxy, or that of the client where servers are told it.
 */
final class AccountTable {
    /** No accounts. */
    static final AccountTable EMPTY = new AccountTable(List.of(), new Server(Set.of(), false));

    private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "::1");
    private static final String LOCALHOST = "localhost";

    /**
     * What else is known of the server. Immutable.
     *
     * @param ownHosts the names and addresses by which it may know this proxy
     * @param resolvesNames whether it looks up the names of its clients' hosts
     */
    record Server(Set<String> ownHosts, boolean resolvesNames) {
        /** Copies the set. */
        Server {
            ownHosts = Set.copyOf(ownHosts);
        }
    }

    private record Row(Account account, HostPattern host) {}

    private final Server server;
    /** By user, the most specific host first; the anonymous ones under the empty name. */
    private final Map<String, List<Row>> byUser = new HashMap<>();

    AccountTable(List<Account> accounts, Server server) {
        this.server = server;
        for (Account account : accounts) {
            byUser.computeIfAbsent(account.user(), user -> new ArrayList<>())
                    .add(new Row(account, new HostPattern(account.host())));
        }
        byUser.values().forEach(rows -> rows.sort(Comparator.comparing(Row::host)));
    }

    /**
     * The accounts that a login would be checked against; none if it would be refused.
     *
     * @param client where the server is told that the client comes from; null if it sees this proxy
     */
    AccountChoice lookup(String user, @Nullable InetAddress client) {
        if (client == null) {
            return choose(user, server.ownHosts(), false);
        }
        String address = NetUtil.toAddressString(client);
        if (!server.resolvesNames()) {
            return choose(user, Set.of(address), false);
        }
        // Of the loopback addresses the name is known, and that of no other host is this one.
        return LOOPBACK.contains(address)
                ? choose(user, Set.of(address, LOCALHOST), false)
                : choose(user, Set.of(address), true);
    }

    private AccountChoice choose(String user, Set<String> hosts, boolean mayHaveName) {
        List<Account> chosen = new ArrayList<>();
        HostPattern certain = null;
        for (Row row : rows(user)) {
            if (certain != null && certain.compareTo(row.host()) < 0) {
                break;
            }
            boolean matches = certain == null && hosts.stream().anyMatch(row.host()::matches);
            if (matches || (mayHaveName && isForOtherNames(row))) {
                chosen.add(row.account());
            }
            certain = matches ? row.host() : certain;
        }
        return chosen.isEmpty() ? AccountChoice.NONE : new AccountChoice(chosen);
    }

    private static boolean isForOtherNames(Row row) {
        return row.host().isForNames() && !row.account().host().equalsIgnoreCase(LOCALHOST);
    }

    /** In the order in which the server looks at them. */
    private List<Row> rows(String user) {
        List<Row> named = byUser.getOrDefault(user, List.of());
        List<Row> anonymous = user.isEmpty() ? List.of() : byUser.getOrDefault("", List.of());
        if (anonymous.isEmpty()) {
            return named;
        }
        List<Row> all = new ArrayList<>(named);
        all.addAll(anonymous);
        all.sort(Comparator.comparing(Row::host));
        return all;
    }

    /** The users of which an account differs between the two tables. */
    Set<String> changedUsers(AccountTable before) {
        Set<String> changed = new HashSet<>(byUser.keySet());
        changed.addAll(before.byUser.keySet());
        changed.removeIf(user -> accounts(user).equals(before.accounts(user)));
        return changed;
    }

    private Set<Account> accounts(String user) {
        Set<Account> accounts = new HashSet<>();
        byUser.getOrDefault(user, List.of()).forEach(row -> accounts.add(row.account()));
        return accounts;
    }

    int size() {
        return byUser.values().stream().mapToInt(List::size).sum();
    }
}
