package dev.sluice.server.config;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A list of networks, or of users in networks, as it is written: {@code 10.0.0.0/8, report@10.1.0.0/16, batch@*}. Immutable.
 *
 * @param entries in the order of the text
 */
public record AccessList(List<Entry> entries) {
    private static final String NOTHING = "none";
    private static final String EVERYWHERE = "*";

    /**
     * One entry. Immutable.
     *
     * @param user null for everybody
     * @param network null for everywhere
     */
    public record Entry(@Nullable String user, @Nullable IpNetwork network) {
        boolean covers(InetAddress address) {
            return network == null || network.contains(address);
        }

        @Override
        public String toString() {
            String where = network == null ? EVERYWHERE : network.toString();
            return user == null ? where : user + "@" + where;
        }
    }

    /** Copies the list. */
    public AccessList {
        entries = List.copyOf(entries);
    }

    /**
     * Reads entries that are separated by commas: {@code NETWORK} or {@code USER@NETWORK}, where {@code *} is everywhere. The
     * word {@code none} is the empty list.
     *
     * @throws IllegalArgumentException if the text is something else; the message says what is wrong with which entry
     */
    public static AccessList parse(String text) {
        List<Entry> entries = new ArrayList<>();
        if (text.equals(NOTHING)) {
            return new AccessList(entries);
        }
        for (String part : text.split(",", -1)) {
            String entry = part.strip();
            int at = entry.lastIndexOf('@');
            String network = entry.substring(at + 1);
            if (at == 0 || entry.isEmpty()) {
                throw new IllegalArgumentException(entry.isEmpty() ? "has an empty entry" : entry + " has no user");
            }
            try {
                entries.add(new Entry(
                        at < 0 ? null : entry.substring(0, at),
                        network.equals(EVERYWHERE) ? null : IpNetwork.parse(network)));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("\"" + entry + "\" " + e.getMessage(), e);
            }
        }
        return new AccessList(entries);
    }

    /** Whether some entry names a user. */
    public boolean namesUsers() {
        return entries.stream().anyMatch(entry -> entry.user() != null);
    }

    /** Whether everybody at an address is meant. */
    public boolean contains(InetAddress address) {
        return has(entry -> entry.user() == null, address);
    }

    /** Whether somebody at an address is meant. */
    boolean mentions(InetAddress address) {
        return has(entry -> true, address);
    }

    /** Whether that user at an address is meant. */
    boolean contains(InetAddress address, String user) {
        return has(entry -> entry.user() == null || user.equals(entry.user()), address);
    }

    private boolean has(Predicate<Entry> which, InetAddress address) {
        for (Entry entry : entries) {
            if (which.test(entry) && entry.covers(address)) {
                return true;
            }
        }
        return false;
    }

    /** As a file would have it. */
    @Override
    public String toString() {
        return entries.isEmpty()
                ? NOTHING
                : entries.stream().map(Entry::toString).collect(Collectors.joining(", "));
    }
}
