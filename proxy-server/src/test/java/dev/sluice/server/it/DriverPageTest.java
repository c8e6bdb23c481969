package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table of drivers on the page: its versions are those of the pom, its drivers those of the profile. */
class DriverPageTest {
    private static final Path PAGE = Path.of("..", "docs", "compatibility.md");
    private static final Path PARENT = Path.of("..", "pom.xml");
    private static final Path MODULE = Path.of("pom.xml");
    private static final Path SOURCES = Path.of("src", "drivers", "java");
    private static final Pattern REPORT = Pattern.compile("new DriverReport\\(\\s*\"([^\"]+)\",\\s*\"([^\"]+)\"");
    private static final Pattern PROFILE =
            Pattern.compile("<id>drivers</id>\\s*<dependencies>(.*?)</dependencies>\\s*<build>", Pattern.DOTALL);
    private static final Pattern DEPENDENCY = Pattern.compile(
            "<groupId>([^<]+)</groupId>\\s*<artifactId>([^<]+)</artifactId>\\s*<version>\\$\\{([^}]+)}</version>");

    /** What the drivers of the profile need besides. */
    private static final Set<String> NO_DRIVERS =
            Set.of("io.vertx:vertx-codegen-api", "io.vertx:vertx-codegen-json", "org.springframework:spring-context");

    private static final DriverRow LIBRARY = new DriverRow("A", "org.a:a", "1", "it", "2 of 2 as direct");
    private static final DriverRow PROGRAM = new DriverRow("b", "Debian b", "1.0-1", "it", "1 of 1 as direct");
    private static final List<String> LINES = List.of(
            "# Title",
            "| Driver | no | row | of | it |",
            "## Drivers",
            "",
            "| Driver | From | Version | What | Result |",
            "|---|---|---|---|---|",
            LIBRARY.line(),
            PROGRAM.line(),
            "",
            "More.");

    @Test
    void everyVersionThatMavenFetchesIsTheOneInThePom() throws IOException {
        List<String> inPom = new ArrayList<>();
        List<String> onPage = new ArrayList<>();
        for (DriverRow row : DriverPage.read(PAGE).rows()) {
            if (row.isOfMaven()) {
                onPage.add(row.from() + " " + row.version());
                inPom.add(row.from() + " "
                        + Arrays.stream(row.from().split(Pattern.quote(DriverRow.JOINED), -1))
                                .map(DriverPageTest::version)
                                .collect(Collectors.joining(DriverRow.JOINED)));
            }
        }

        assertThat(onPage).hasSizeGreaterThan(5).containsExactlyElementsOf(inPom);
    }

    @Test
    void everyLibraryOfTheProfileIsInTheTable() throws IOException {
        String profile = PROFILE.matcher(Files.readString(MODULE))
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.joining());
        String table =
                DriverPage.read(PAGE).rows().stream().map(DriverRow::from).collect(Collectors.joining(" "));

        assertThat(DEPENDENCY
                        .matcher(profile)
                        .results()
                        .map(match -> match.group(1) + ":" + match.group(2))
                        .filter(library -> !NO_DRIVERS.contains(library)))
                .hasSize(5)
                .allSatisfy(library -> assertThat(table).contains(library));
    }

    @Test
    void theDriversOfTheTableAreThoseThatTheProfileHasTestsOf() throws IOException {
        List<String> tested = new ArrayList<>();
        try (Stream<Path> files = Files.walk(SOURCES)) {
            for (Path file : files.filter(file -> file.toString().endsWith("DriverIT.java"))
                    .toList()) {
                List<MatchResult> reports =
                        REPORT.matcher(Files.readString(file)).results().toList();
                assertThat(reports).as(file.toString()).hasSize(1);
                tested.add(reports.get(0).group(1) + " from " + reports.get(0).group(2));
            }
        }

        assertThat(DriverPage.read(PAGE).rows().stream().map(row -> row.driver() + " from " + row.from()))
                .containsExactlyInAnyOrderElementsOf(new TreeSet<>(tested));
    }

    @Test
    void everyDriverOfTheTableWasRunAndPassed() throws IOException {
        assertThat(DriverPage.read(PAGE).rows())
                .allSatisfy(row -> assertThat(row.result()).matches("(\\d+) of \\1 as direct"));
    }

    @Test
    void aRunThatFoundWhatThePageTellsDiffersInNothing() {
        DriverPage page = DriverPage.parse(LINES);

        assertThat(page.differences(List.of(LIBRARY, PROGRAM))).isEmpty();
        assertThat(page.remarks(List.of(LIBRARY, PROGRAM))).isEmpty();
        assertThat(page.with(List.of(LIBRARY, PROGRAM))).isEqualTo(LINES);
    }

    @Test
    void anotherVersionOrAnotherNumberOfTestsIsADifference() {
        DriverPage page = DriverPage.parse(LINES);

        assertThat(page.differences(List.of(new DriverRow("A", "org.a:a", "2", "it", "2 of 2 as direct"))))
                .singleElement()
                .asString()
                .contains("| 1 |")
                .contains("| 2 |");
        assertThat(page.differences(List.of(new DriverRow("A", "org.a:a", "1", "it", "3 of 3 as direct"))))
                .hasSize(1);
        assertThat(page.differences(List.of(new DriverRow("C", "org.c:c", "1", "it", "3 of 3 as direct"))))
                .singleElement()
                .asString()
                .startsWith("not on the page");
    }

    @Test
    void theVersionOfAPackageIsThatOfTheMachineAndOnlyTold() {
        DriverPage page = DriverPage.parse(LINES);
        List<DriverRow> ran = List.of(LIBRARY, new DriverRow("b", "Debian b", "2.0-1", "it", "1 of 1 as direct"));

        assertThat(page.differences(ran)).isEmpty();
        assertThat(page.remarks(ran)).containsExactly("b: the page tells of 1.0-1, here is 2.0-1");
    }

    @Test
    void whatWasNotRunIsToldAndStaysOnThePage() {
        DriverPage page = DriverPage.parse(LINES);
        List<DriverRow> ran = List.of(new DriverRow("b", "Debian b", "", "it", DriverRow.notRun("no b")));

        assertThat(page.remarks(ran)).containsExactly("A: NOT RUN: its tests were not selected", "b: NOT RUN: no b");
        assertThat(page.differences(ran)).isEmpty();
        assertThat(page.with(ran)).isEqualTo(LINES);
    }

    @Test
    void whatFailedDoesNotGetOntoThePage() {
        DriverPage page = DriverPage.parse(LINES);
        List<DriverRow> ran = List.of(new DriverRow("A", "org.a:a", "2", "it", DriverRow.ran(1, 1)));

        assertThat(ran.get(0).result()).isEqualTo("FAILED: 1 of 2 as direct");
        assertThat(page.with(ran)).isEqualTo(LINES);
    }

    @Test
    void whatPassedGetsOntoThePageInItsPlace() {
        DriverRow added = new DriverRow("aa", "org.aa:aa", "2", "it", DriverRow.ran(1, 0));

        assertThat(DriverPage.parse(LINES).with(List.of(added)).subList(6, 9))
                .containsExactly(LIBRARY.line(), added.line(), PROGRAM.line());
    }

    @Test
    void aPageWithoutTheTableIsAnError() {
        assertThatThrownBy(() -> DriverPage.parse(List.of("# Title"))).hasMessageContaining("## Drivers");
        assertThatThrownBy(() -> DriverPage.parse(List.of("## Drivers", ""))).hasMessageContaining("no rows");
    }

    /** The version that a pom gives a library by a property. */
    private static String version(String library) {
        try {
            for (Path pom : List.of(MODULE, PARENT)) {
                for (MatchResult found :
                        DEPENDENCY.matcher(Files.readString(pom)).results().toList()) {
                    if (library.equals(found.group(1) + ":" + found.group(2))) {
                        return property(found.group(3));
                    }
                }
            }
        } catch (IOException e) {
            throw new AssertionError("a pom cannot be read", e);
        }
        return "is in no pom";
    }

    private static String property(String name) throws IOException {
        String tag = Pattern.quote(name);
        return Pattern.compile("<" + tag + ">([^<]+)</" + tag + ">")
                .matcher(Files.readString(PARENT))
                .results()
                .map(match -> match.group(1))
                .findFirst()
                .orElse("is no property");
    }
}
