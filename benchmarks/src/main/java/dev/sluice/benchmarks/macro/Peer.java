package dev.sluice.benchmarks.macro;

import dev.sluice.server.config.HostPort;
import java.util.List;
import java.util.OptionalLong;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Another proxy in front of the same servers, started by the user. Immutable.
 *
 * @param pid its process, if its CPU shall be measured
 */
record Peer(String name, HostPort address, OptionalLong pid) {
    private static final String FORM = "must look like name=host:port or name=host:port,pid=N";

    /**
     * Reads what stands behind {@code --peer}.
     *
     * @throws IllegalArgumentException if it has another form
     */
    static Peer parse(String text) {
        int equals = text.indexOf('=');
        if (equals < 1) {
            throw new IllegalArgumentException(FORM);
        }
        String rest = text.substring(equals + 1);
        int comma = rest.indexOf(',');
        OptionalLong pid = OptionalLong.empty();
        if (comma >= 0) {
            String option = rest.substring(comma + 1);
            if (!option.matches("pid=[1-9][0-9]{0,9}")) {
                throw new IllegalArgumentException(FORM);
            }
            pid = OptionalLong.of(Long.parseLong(option.substring("pid=".length())));
            rest = rest.substring(0, comma);
        }
        try {
            return new Peer(text.substring(0, equals), HostPort.parse(rest), pid);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(FORM + ": " + rest + " " + e.getMessage(), e);
        }
    }

    /** As a target: a single address for everything. */
    Target target() {
        return new Target(name, List.of(address), List.of(address), pid);
    }

    /** Reads the option for picocli. Immutable. */
    static final class Converter implements ITypeConverter<Peer> {
        @Override
        public Peer convert(String value) {
            try {
                return parse(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
