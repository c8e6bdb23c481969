package dev.sluice.server.config;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A network of IPv4 or IPv6 addresses, as it is written: an address, or one with the length of its prefix. Immutable. */
public final class IpNetwork {
    private final byte[] network;
    private final int prefix;
    private final String text;

    private IpNetwork(byte[] network, int prefix, String text) {
        this.network = network;
        this.prefix = prefix;
        this.text = text;
    }

    /**
     * Reads {@code 10.1.2.3}, {@code 10.0.0.0/8}, {@code fd00::1} or {@code fd00::/8}. No name is looked up.
     *
     * @throws IllegalArgumentException if the text is something else; the message says what is wrong with it
     */
    public static IpNetwork parse(String text) {
        int slash = text.indexOf('/');
        String address = slash < 0 ? text : text.substring(0, slash);
        byte @Nullable [] bytes =
                address.indexOf('%') >= 0 ? null : NetUtil.createByteArrayFromIpAddressString(address);
        if (bytes == null) {
            throw new IllegalArgumentException("is no address");
        }
        int bits = bytes.length * Byte.SIZE;
        String length = slash < 0 ? Integer.toString(bits) : text.substring(slash + 1);
        if (!length.matches("\\d{1,3}") || Integer.parseInt(length) > bits) {
            throw new IllegalArgumentException("has no prefix of 0 to " + bits + " bits");
        }
        IpNetwork read = new IpNetwork(bytes, Integer.parseInt(length), text);
        for (int bit = read.prefix; bit < bits; bit++) {
            if ((bytes[bit / Byte.SIZE] & (1 << (Byte.SIZE - 1 - bit % Byte.SIZE))) != 0) {
                throw new IllegalArgumentException("has bits beyond its prefix");
            }
        }
        return read;
    }

    /** Whether an address is one of the network. */
    public boolean contains(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (bytes.length != network.length) {
            return false;
        }
        int whole = prefix / Byte.SIZE;
        if (!Arrays.equals(bytes, 0, whole, network, 0, whole)) {
            return false;
        }
        int rest = prefix % Byte.SIZE;
        return rest == 0 || (bytes[whole] ^ network[whole]) >> (Byte.SIZE - rest) == 0;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof IpNetwork that && prefix == that.prefix && Arrays.equals(network, that.network);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(network) + prefix;
    }

    /** As it was written. */
    @Override
    public String toString() {
        return text;
    }
}
