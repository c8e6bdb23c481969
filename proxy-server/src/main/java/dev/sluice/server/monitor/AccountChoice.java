package dev.sluice.server.monitor;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The accounts that a server may check a login against. One, as a rule. Where a server looks up the names of its clients' hosts
 * there may be more, because accounts for such names may be meant or not. Immutable.
 *
 * @param accounts the most specific host first; empty if there is none, or none that could be read
 */
public record AccountChoice(List<Account> accounts) {
    /** No account. */
    public static final AccountChoice NONE = new AccountChoice(List.of());

    /** Copies the list. */
    public AccountChoice {
        accounts = List.copyOf(accounts);
    }

    /** The only ones that it can be. */
    public static AccountChoice of(Account... accounts) {
        return new AccountChoice(Arrays.asList(accounts));
    }

    /** Whether there is no account. */
    public boolean isNone() {
        return accounts.isEmpty();
    }

    /** Whether, whichever it is, the plugin is this one. */
    public boolean isAllOf(String plugin) {
        return accounts.stream().allMatch(account -> account.plugin().equals(plugin));
    }

    /** What is demanded of a connection: the most that any of them does, so that no demand can be got round. */
    public Account.Demand demand() {
        return accounts.stream()
                .map(Account::demand)
                .max(Comparator.naturalOrder())
                .orElse(Account.Demand.NOTHING);
    }
}
