package dev.sluice.server.monitor;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The accounts of a server that this proxy may log in as, and which one each user name stands for. Immutable.
 *
 * <p>The choice is the server's: rows that match the proxy's host, the most specific host first, and within one host the
 * named user before the anonymous one. So an anonymous account for a specific host hides a named account for "%".
 */
final class AccountTable {
    /** No accounts. */
    static final AccountTable EMPTY = new AccountTable(List.of(), Set.of());

    private record Row(Account account, HostPattern host) {}

    /** By user, the first match of each; the anonymous ones under the empty name. */
    private final Map<String, Row> chosen = new HashMap<>();

    private final Map<String, Set<Account>> byUser = new HashMap<>();

    /**
     * Chooses among the rows.
     *
     * @param ownHosts the names and addresses by which the server may know this proxy
     */
    AccountTable(List<Account> accounts, Set<String> ownHosts) {
        List<Row> rows = new ArrayList<>();
        for (Account account : accounts) {
            byUser.computeIfAbsent(account.user(), user -> new HashSet<>()).add(account);
            HostPattern host = new HostPattern(account.host());
            if (ownHosts.stream().anyMatch(host::matches)) {
                rows.add(new Row(account, host));
            }
        }
        rows.sort(Comparator.comparing(Row::host));
        for (Row row : rows) {
            chosen.putIfAbsent(row.account().user(), row);
        }
    }

    /** The account that a login with this user name would be checked against; null if it would be refused. */
    @Nullable
    Account lookup(String user) {
        Row named = chosen.get(user);
        Row anonymous = chosen.get("");
        if (named == null || anonymous == null) {
            Row only = named == null ? anonymous : named;
            return only == null ? null : only.account();
        }
        return anonymous.host().compareTo(named.host()) < 0 ? anonymous.account() : named.account();
    }

    /** The users of which an account differs between the two tables. */
    Set<String> changedUsers(AccountTable before) {
        Set<String> changed = new HashSet<>(byUser.keySet());
        changed.addAll(before.byUser.keySet());
        changed.removeIf(user -> {
            Set<Account> now = byUser.get(user);
            return now != null && now.equals(before.byUser.get(user));
        });
        return changed;
    }

    int size() {
        return byUser.values().stream().mapToInt(Set::size).sum();
    }
}
