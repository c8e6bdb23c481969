package dev.sluice.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.RouteReason;
import dev.sluice.router.session.PinReason;
import dev.sluice.server.config.ConfigLoader;
import dev.sluice.server.config.SluiceConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What the pages say about the code, compared with the code. */
class DocumentationTest {
    private static final Path README = SourceTree.ROOT.resolve("README.md");
    private static final Pattern FENCE = Pattern.compile("^```.*?^```", Pattern.MULTILINE | Pattern.DOTALL);
    private static final Pattern CODE = Pattern.compile("`([^`\\n]+)`");
    /** A class, with a member behind a dot, or with a call. */
    private static final Pattern CLASS =
            Pattern.compile("([A-Z][a-z][A-Za-z0-9]*)(?:\\.([A-Za-z_][A-Za-z0-9_]*))?(?:\\(.*\\))?");

    private static final Pattern PACKAGE = Pattern.compile("dev\\.sluice(?:\\.[a-z]+)+");
    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)#\\s]+)(?:#[^)]*)?\\)");
    private static final Pattern DECISION = Pattern.compile("\\d{4}-[a-z0-9-]+\\.md");

    /** Classes of the JDK and of libraries that the pages mention. */
    private static final Set<String> FOREIGN = Set.of("ByteBuf", "EventLoop");

    @Test
    void everyClassThatTheArchitecturePageNamesExistsWithTheMemberNamed() throws IOException {
        Map<String, Path> sources = sourcesByClass();
        List<String> unknown = new ArrayList<>();
        int found = 0;
        for (Path page : pagesAboutCode()) {
            for (String span : codeSpans(page)) {
                Matcher match = CLASS.matcher(span);
                if (!match.matches() || FOREIGN.contains(match.group(1))) {
                    continue;
                }
                found++;
                Path source = sources.get(match.group(1));
                boolean member = source != null
                        && (match.group(2) == null || Files.readString(source).contains(match.group(2)));
                if (!member) {
                    unknown.add(page.getFileName() + ": " + span);
                }
            }
        }
        assertThat(found).isGreaterThan(50);
        assertThat(unknown).isEmpty();
    }

    @Test
    void everyPackageThatTheArchitecturePageNamesExists() throws IOException {
        List<String> unknown = new ArrayList<>();
        for (Path page : pagesAboutCode()) {
            for (String span : codeSpans(page)) {
                if (PACKAGE.matcher(span).matches() && !isPackage(span)) {
                    unknown.add(page.getFileName() + ": " + span);
                }
            }
        }
        assertThat(unknown).isEmpty();
    }

    private static boolean isPackage(String name) {
        String directory = name.replace('.', '/');
        return List.of("proxy-protocol", "proxy-router", "proxy-server", "benchmarks").stream()
                .anyMatch(module -> Files.isDirectory(SourceTree.ROOT.resolve(module + "/src/main/java/" + directory))
                        || Files.isDirectory(SourceTree.ROOT.resolve(module + "/src/test/java/" + directory)));
    }

    @Test
    void theReadmeExplainsEveryRouteReasonAndNoOther() throws IOException {
        assertThat(firstColumn("What goes where"))
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(RouteReason.values())
                        .map(RouteReason::label)
                        .toList());
    }

    @Test
    void theReadmeExplainsEveryPinReasonAndNoOther() throws IOException {
        assertThat(firstColumn("Pins"))
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(PinReason.values()).map(PinReason::label).toList());
    }

    @Test
    void theConfigurationInTheReadmeIsACompleteFile() throws Exception {
        String readme = Files.readString(README);
        int start = readme.indexOf("```yaml\n") + "```yaml\n".length();
        String yaml = readme.substring(start, readme.indexOf("```", start));

        SluiceConfig config =
                new ConfigLoader(Map.of("MONITOR_PASSWORD", "x")::get).parse(yaml, "README.md", Path.of("/"));

        assertThat(config.backends()).hasSize(3);
        assertThat(config.monitor().user()).isEqualTo("sluice_monitor");
    }

    @Test
    void everyConfigurationKeyInTheReadmeIsOnTheReferencePage() throws IOException {
        String reference = Files.readString(SourceTree.ROOT.resolve("docs/configuration.md"));
        Set<String> unknown = keys(section("Configuration")).stream()
                .filter(key -> !reference.contains("| `" + key + "` |"))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(unknown).isEmpty();
        assertThat(keys(section("Configuration"))).hasSizeGreaterThan(5);
    }

    private static Set<String> keys(String section) {
        return Pattern.compile("^\\| `([a-z.\\[\\]-]+)` \\|", Pattern.MULTILINE)
                .matcher(section)
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toSet());
    }

    @Test
    void everyLinkToAFileLeadsSomewhere() throws IOException {
        List<String> broken = new ArrayList<>();
        for (Path page : SourceTree.markdownFiles()) {
            List<String> targets = LINK.matcher(Files.readString(page))
                    .results()
                    .map(match -> match.group(1))
                    .toList();
            for (String target : targets) {
                if (!Files.exists(page.resolveSibling(target))) {
                    broken.add(page.getFileName() + ": " + target);
                }
            }
        }
        assertThat(broken).isEmpty();
    }

    @Test
    void everyDecisionIsDatedNumberedAndOfTheSameForm() throws IOException {
        List<Path> decisions;
        try (var files = Files.list(SourceTree.ROOT.resolve("docs/decisions"))) {
            decisions = files.sorted().toList();
        }
        assertThat(decisions).hasSizeGreaterThanOrEqualTo(10);
        for (int i = 0; i < decisions.size(); i++) {
            String name = decisions.get(i).getFileName().toString();
            assertThat(name).matches(DECISION).startsWith("%04d-".formatted(i + 1));
            assertThat(Files.readString(decisions.get(i)))
                    .as(name)
                    .containsPattern("(?m)^# %d\\. ".formatted(i + 1))
                    .containsPattern("(?m)^Date: \\d{4}-\\d{2}-\\d{2}$")
                    .contains("## Context", "## Decision", "## Alternatives", "## Consequences");
        }
    }

    private static List<Path> pagesAboutCode() throws IOException {
        List<Path> pages = new ArrayList<>(SourceTree.markdownFiles());
        pages.removeIf(page -> page.endsWith("docs/configuration.md"));
        return pages;
    }

    private static List<String> codeSpans(Path page) throws IOException {
        String prose = FENCE.matcher(Files.readString(page)).replaceAll("");
        return CODE.matcher(prose).results().map(match -> match.group(1)).toList();
    }

    private static Map<String, Path> sourcesByClass() throws IOException {
        Map<String, Path> sources = new HashMap<>();
        for (Path file : SourceTree.javaFiles(SourceTree.ROOT)) {
            sources.put(file.getFileName().toString().replace(".java", ""), file);
        }
        return sources;
    }

    /** The code spans in the first column of the tables of a section. */
    private static List<String> firstColumn(String heading) throws IOException {
        return Pattern.compile("^\\| (`[^|]*`) \\|", Pattern.MULTILINE)
                .matcher(section(heading))
                .results()
                .flatMap(row -> CODE.matcher(row.group(1)).results())
                .map((MatchResult span) -> span.group(1))
                .toList();
    }

    private static String section(String heading) throws IOException {
        String readme = Files.readString(README);
        int start = readme.indexOf("\n## " + heading + "\n");
        assertThat(start).as("README has a section " + heading).isNotNegative();
        int end = readme.indexOf("\n## ", start + 1);
        return readme.substring(start, end < 0 ? readme.length() : end);
    }
}
