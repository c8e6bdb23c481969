package dev.sluice.server.config;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads and writes durations ({@code 500ms}, {@code 10s}) and sizes ({@code 16KiB}). A unit is always required. */
final class Quantities {
    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("([0-9]{1,9})\\s*([A-Za-z]*)");
    private static final Map<String, Duration> DURATION_UNITS = Map.of(
            "ms", Duration.ofMillis(1),
            "s", Duration.ofSeconds(1),
            "m", Duration.ofMinutes(1),
            "h", Duration.ofHours(1),
            "d", Duration.ofDays(1));
    private static final Map<String, Long> SIZE_UNITS =
            Map.of("B", 1L, "KiB", 1L << 10, "MiB", 1L << 20, "GiB", 1L << 30);
    private static final String DURATION_REMEDY = "write a number and one of ms, s, m, h, d, for example 10s";
    private static final String SIZE_REMEDY = "write a number and one of B, KiB, MiB, GiB, for example 16KiB";

    private Quantities() {}

    static Duration parseDuration(String text, String shown) throws InvalidValueException {
        Matcher matcher = match(text, shown, "duration", DURATION_REMEDY);
        long number = Long.parseLong(matcher.group(1));
        String unit = matcher.group(2);
        @Nullable Duration factor = DURATION_UNITS.get(unit);
        if (factor == null) {
            throw noUnit(shown, unit, "duration", DURATION_REMEDY);
        }
        return factor.multipliedBy(number);
    }

    static Integer parseSize(String text, String shown) throws InvalidValueException {
        Matcher matcher = match(text, shown, "size", SIZE_REMEDY);
        long number = Long.parseLong(matcher.group(1));
        String unit = matcher.group(2);
        @Nullable Long factor = SIZE_UNITS.get(unit);
        if (factor == null) {
            throw noUnit(shown, unit, "size", sizeRemedy(number, unit));
        }
        long bytes = number * factor;
        if (bytes > Integer.MAX_VALUE) {
            throw new InvalidValueException(ValueType.quote(shown) + " is too large", "write less than 2GiB");
        }
        return (int) bytes;
    }

    private static Matcher match(String text, String shown, String kind, String remedy) throws InvalidValueException {
        Matcher matcher = NUMBER_AND_UNIT.matcher(text);
        if (!matcher.matches()) {
            throw new InvalidValueException(ValueType.quote(shown) + " is not a " + kind, remedy);
        }
        return matcher;
    }

    private static InvalidValueException noUnit(String shown, String unit, String kind, String remedy) {
        String what = unit.isEmpty() ? " is a " + kind + " without a unit" : " has the unknown unit " + unit;
        return new InvalidValueException(ValueType.quote(shown) + what, remedy);
    }

    /** People write 16K, 16KB or 16k and mean the power of two; the message spells it for them. */
    private static String sizeRemedy(long number, String unit) {
        String letter = unit.toLowerCase(Locale.ROOT);
        return switch (letter) {
            case "k", "kb", "kib" -> "did you mean " + number + "KiB?";
            case "m", "mb", "mib" -> "did you mean " + number + "MiB?";
            case "g", "gb", "gib" -> "did you mean " + number + "GiB?";
            default -> SIZE_REMEDY;
        };
    }

    /** A duration as it is written in the file, in the largest unit that needs no fraction. */
    static String text(Duration duration) {
        long millis = duration.toMillis();
        if (millis == 0) {
            return "0s";
        }
        for (String unit : List.of("d", "h", "m", "s")) {
            long length = Objects.requireNonNull(DURATION_UNITS.get(unit)).toMillis();
            if (millis % length == 0) {
                return millis / length + unit;
            }
        }
        return millis + "ms";
    }

    /** A size as it is written in the file, in the largest unit that needs no fraction. */
    static String text(int bytes) {
        for (String unit : List.of("GiB", "MiB", "KiB")) {
            long size = Objects.requireNonNull(SIZE_UNITS.get(unit));
            if (bytes != 0 && bytes % size == 0) {
                return bytes / size + unit;
            }
        }
        return bytes + "B";
    }

    /** A duration written in code; a mistake there is a programming error. */
    static Duration duration(String text) {
        try {
            return parseDuration(text, text);
        } catch (InvalidValueException e) {
            throw new IllegalArgumentException(e.what(), e);
        }
    }

    /** A size written in code; a mistake there is a programming error. */
    static int size(String text) {
        try {
            return parseSize(text, text);
        } catch (InvalidValueException e) {
            throw new IllegalArgumentException(e.what(), e);
        }
    }
}
