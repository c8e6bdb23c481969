package dev.sluice.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The directions of dependency, and what each class says about threads. */
class ArchitectureTest {
    private static final String[] DATA_PATH = {
        "dev.sluice.server.session..",
        "dev.sluice.server.backend..",
        "dev.sluice.server.frontend..",
        "dev.sluice.server.auth..",
        "dev.sluice.protocol..",
        "dev.sluice.router.."
    };

    private static final String[] DEMONSTRATION = {
        "dev.sluice.server.demo..", "dev.sluice.server.drill..", "dev.sluice.server.localcluster.."
    };

    private static final Set<String> CLOCK_METHODS =
            Set.of("nanoTime", "currentTimeMillis", "now", "systemUTC", "system");
    private static final Set<String> CLOCKS =
            Set.of("java.lang.System", "java.time.Instant", "java.time.Clock", "java.time.InstantSource");

    /** A callback of two methods that says nothing of its own. */
    private static final List<String> SILENT =
            List.of("proxy-server/src/main/java/dev/sluice/server/backend/ConnectListener.java");

    private static final Pattern PUBLIC_TYPE = Pattern.compile(
            "^public (?:(?:abstract|final|sealed|non-sealed) )*(?:class|interface|record|enum) ", Pattern.MULTILINE);
    private static final Pattern THREAD_PHRASE =
            Pattern.compile("Confined to the session's event loop\\b|\\bImmutable\\b|Thread-safe: ");

    private static final JavaClasses SLUICE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("dev.sluice");

    @Test
    void theThreeModulesAreSeen() {
        assertThat(List.of("protocol.PayloadReader", "router.RouteReason", "server.ProxyServer"))
                .allSatisfy(
                        name -> assertThat(SLUICE.contain("dev.sluice." + name)).isTrue());
    }

    @Test
    void protocolAndRouterKnowNothingOfEachOtherNorOfTheServer() {
        noClasses()
                .that()
                .resideInAPackage("dev.sluice.protocol..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.sluice.router..", "dev.sluice.server..")
                .check(SLUICE);
        noClasses()
                .that()
                .resideInAPackage("dev.sluice.router..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.sluice.protocol..", "dev.sluice.server..")
                .check(SLUICE);
    }

    @Test
    void protocolAndRouterHaveNoChannelsAndNoJdbc() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.sluice.protocol..", "dev.sluice.router..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.netty.channel..", "java.nio.channels..", "java.net..", "java.sql..", "javax.sql..")
                .check(SLUICE);
    }

    @Test
    void theRouterHasNoClockOfItsOwn() {
        noClasses()
                .that()
                .resideInAPackage("dev.sluice.router..")
                .should()
                .callMethodWhere(DescribedPredicate.describe("a clock is read", ArchitectureTest::readsClock))
                .check(SLUICE);
    }

    @Test
    void theRuleOnClocksRecognisesThoseOfTheServer() {
        assertThat(SLUICE.get("dev.sluice.server.monitor.BackendProber").getMethodCallsFromSelf())
                .anyMatch(ArchitectureTest::readsClock);
    }

    private static boolean readsClock(JavaMethodCall call) {
        return CLOCK_METHODS.contains(call.getTarget().getName())
                && CLOCKS.contains(call.getTarget().getOwner().getName());
    }

    @Test
    void jdbcServesTheControlPlaneOnly() {
        noClasses()
                .that()
                .resideInAPackage("dev.sluice..")
                .and()
                .resideOutsideOfPackages(
                        "dev.sluice.server.monitor..",
                        "dev.sluice.server.cli..",
                        "dev.sluice.server.localcluster..",
                        "dev.sluice.server.demo..",
                        "dev.sluice.server.drill..",
                        "dev.sluice.server.switchover..",
                        "dev.sluice.server.tls..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.sql..", "javax.sql..", "com.zaxxer..", "com.mysql..")
                .check(SLUICE);
    }

    @Test
    void nothingThatServesKnowsTheDemonstration() {
        noClasses()
                .that()
                .resideInAnyPackage(DATA_PATH)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(DEMONSTRATION)
                .check(SLUICE);
        noClasses()
                .that()
                .resideInAnyPackage(
                        "dev.sluice.server",
                        "dev.sluice.server.config..",
                        "dev.sluice.server.http..",
                        "dev.sluice.server.logging..",
                        "dev.sluice.server.metrics..",
                        "dev.sluice.server.monitor..",
                        "dev.sluice.server.tls..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(DEMONSTRATION)
                .check(SLUICE);
    }

    @Test
    void theDataPathDoesNotKnowTheCommandLine() {
        noClasses()
                .that()
                .resideInAnyPackage(DATA_PATH)
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.sluice.server.cli..")
                .check(SLUICE);
    }

    @Test
    void packagesOfProtocolAndRouterFormNoCycles() {
        slices().matching("dev.sluice.protocol.(*)..").should().beFreeOfCycles().check(SLUICE);
        slices().matching("dev.sluice.router.(*)..").should().beFreeOfCycles().check(SLUICE);
    }

    @Test
    void everyPublicClassOfTheDataPathSaysWhichThreadsMayUseIt() throws IOException {
        List<Path> sources = new ArrayList<>();
        for (String name : List.of("session", "backend", "frontend", "auth")) {
            sources.addAll(SourceTree.javaFiles(SourceTree.serverPackage(name)));
        }
        assertThat(sources).hasSizeGreaterThan(20);
        List<String> silent = new ArrayList<>();
        for (Path file : sources) {
            String source = Files.readString(file);
            if (PUBLIC_TYPE.matcher(source).find()
                    && !THREAD_PHRASE.matcher(unwrapped(source)).find()) {
                silent.add(SourceTree.ROOT.relativize(file).toString());
            }
        }
        assertThat(silent).isSubsetOf(SILENT);
    }

    /** A phrase may be broken over two lines of a comment. */
    private static String unwrapped(String source) {
        return source.replaceAll("\\n\\s*\\*\\s*", " ");
    }
}
