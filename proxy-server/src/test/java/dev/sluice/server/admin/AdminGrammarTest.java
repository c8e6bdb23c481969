package dev.sluice.server.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.server.admin.Operation.AddBackend;
import dev.sluice.server.admin.Operation.DrainBackend;
import dev.sluice.server.admin.Operation.ExplainRoute;
import dev.sluice.server.admin.Operation.Feature;
import dev.sluice.server.admin.Operation.Kill;
import dev.sluice.server.admin.Operation.Pause;
import dev.sluice.server.admin.Operation.Reload;
import dev.sluice.server.admin.Operation.RemoveBackend;
import dev.sluice.server.admin.Operation.Resume;
import dev.sluice.server.admin.Operation.ResumeBackend;
import dev.sluice.server.admin.Operation.RollbackConfig;
import dev.sluice.server.admin.Operation.SetFeature;
import dev.sluice.server.admin.Operation.SetOffline;
import dev.sluice.server.admin.Operation.SetWeight;
import dev.sluice.server.admin.Operation.Show;
import dev.sluice.server.admin.Operation.Switchover;
import dev.sluice.server.admin.Operation.View;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdminGrammarTest {
    private static Operation operation(String statement) throws OperationException {
        return ((AdminRequest.Operate) AdminGrammar.parse(statement)).operation();
    }

    static Stream<Arguments> statements() {
        String db = "db-1:3306";
        return Stream.of(
                Arguments.of("SHOW BACKENDS", new Show(View.BACKENDS)),
                Arguments.of("show sessions;", new Show(View.SESSIONS)),
                Arguments.of(" Show\tPools \n ; ; ", new Show(View.POOLS)),
                Arguments.of("SHOW ROUTES", new Show(View.ROUTES)),
                Arguments.of("SHOW PINS", new Show(View.PINS)),
                Arguments.of("SHOW CONFIG", new Show(View.CONFIG)),
                Arguments.of("SHOW CONFIG DIFF", new Show(View.CONFIG_DIFF)),
                Arguments.of("SHOW CONFIG HISTORY", new Show(View.CONFIG_HISTORY)),
                Arguments.of("/* a */ SHOW /* b */ EVENTS -- c", new Show(View.EVENTS)),
                Arguments.of("ADD BACKEND 'db-1:3306'", new AddBackend(db, null, null, null)),
                Arguments.of(
                        "ADD BACKEND \"db-1:3306\" MAX CONNECTIONS 5 ZONE `it''s` WEIGHT 2",
                        new AddBackend(db, 2, "it''s", 5)),
                Arguments.of("ADD BACKEND db-1:3306 ZONE 'it''s'", new AddBackend(db, null, "it's", null)),
                Arguments.of("ADD BACKEND [::1]:3306", new AddBackend("[::1]:3306", null, null, null)),
                Arguments.of("DRAIN BACKEND 'db-1:3306'", new DrainBackend(db, null)),
                Arguments.of("DRAIN BACKEND 'db-1:3306' TIMEOUT 60", new DrainBackend(db, Duration.ofMinutes(1))),
                Arguments.of("RESUME BACKEND 'db-1:3306'", new ResumeBackend(db)),
                Arguments.of("REMOVE BACKEND 'db-1:3306'", new RemoveBackend(db, false)),
                Arguments.of("remove backend db-1:3306 force", new RemoveBackend(db, true)),
                Arguments.of("SET BACKEND 'db-1:3306' WEIGHT 0", new SetWeight(db, 0)),
                Arguments.of("SET BACKEND 'db-1:3306' OFFLINE", new SetOffline(db, false)),
                Arguments.of("set backend db-1:3306 offline force;", new SetOffline(db, true)),
                Arguments.of("SWITCHOVER TO 'db-1:3306'", new Switchover(db, null, false)),
                Arguments.of("SWITCHOVER TO 'db-1:3306' DRY RUN", new Switchover(db, null, true)),
                Arguments.of(
                        "SWITCHOVER TO 'db-1:3306' TIMEOUT 3 DRY RUN", new Switchover(db, Duration.ofSeconds(3), true)),
                Arguments.of("KILL 7", new Kill(7, false)),
                Arguments.of("KILL CONNECTION 4294967295", new Kill(4294967295L, false)),
                Arguments.of("KILL QUERY 7", new Kill(7, true)),
                Arguments.of("PAUSE", new Pause()),
                Arguments.of("RESUME", new Resume()),
                Arguments.of("RELOAD", new Reload(false)),
                Arguments.of("SET FEATURE read_splitting = off", new SetFeature(Feature.READ_SPLITTING, false)),
                Arguments.of("set feature CAUSAL_READS=ON", new SetFeature(Feature.CAUSAL_READS, true)),
                Arguments.of("SET FEATURE multiplexing= on", new SetFeature(Feature.MULTIPLEXING, true)),
                Arguments.of("SET FEATURE retry =off;", new SetFeature(Feature.RETRY, false)),
                Arguments.of("ROLLBACK CONFIG TO 3", new RollbackConfig(3, false)),
                Arguments.of("rollback config to 3 force;", new RollbackConfig(3, true)),
                Arguments.of("RELOAD FORCE", new Reload(true)),
                Arguments.of("EXPLAIN ROUTE SELECT 1", new ExplainRoute("SELECT 1")),
                Arguments.of(
                        "explain route /* hint */ SELECT 'a;b' -- x\n FROM t; ",
                        new ExplainRoute("/* hint */ SELECT 'a;b' -- x\n FROM t")));
    }

    @ParameterizedTest
    @MethodSource("statements")
    void everyStatementIsRead(String statement, Operation expected) throws OperationException {
        assertThat(operation(statement)).isEqualTo(expected);
    }

    @ParameterizedTest
    @MethodSource("statements")
    void whatIsLoggedOfAnOperationCouldBeSaidAgain(String statement, Operation expected) throws OperationException {
        assertThat(operation(OperationText.of(expected))).as(statement).isEqualTo(expected);
    }

    @Test
    void theHelpHasAnExampleOfEveryOperationAndOfEveryView() throws OperationException {
        Set<Class<?>> operations = new HashSet<>();
        Set<View> views = new HashSet<>();
        for (AdminHelp.Line line : AdminHelp.LINES) {
            if (AdminGrammar.parse(line.example()) instanceof AdminRequest.Operate operate) {
                operations.add(operate.operation().getClass());
                if (operate.operation() instanceof Show show) {
                    views.add(show.view());
                }
            }
        }
        assertThat(operations)
                .isEqualTo(
                        Arrays.stream(Operation.class.getPermittedSubclasses()).collect(Collectors.toSet()));
        assertThat(views).containsExactlyInAnyOrder(View.values());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            SHWO BACKENDS                        | at character 1, found "SHWO"; did you mean SHOW?
            SHOW BACKEND                         | at character 6, found "BACKEND"; did you mean BACKENDS?
            SHOW                                 | expected BACKENDS, SESSIONS, POOLS, ROUTES, PINS, CONFIG, EVENTS at the end
            SHOW CONFIG DIF                      | expected DIFF, HISTORY or the end at character 13, found "DIF"; did you mean DIFF?
            SHOW BACKENDS NOW                    | expected the end at character 15, found "NOW"
            SHOW BACKENDS; SHOW POOLS            | expected the end at character 14, found ";"
            ADD BACKEND                          | expected host:port at the end, behind character 11
            ADD BACKEND db                       | expected host:port at character 13, found "db"
            ADD BACKEND db:0                     | expected host:port at character 13
            ADD BACKEND db:1 WIEGHT 2            | did you mean WEIGHT?
            ADD BACKEND db:1 WEIGHT x            | expected a weight, a number from 0 to 2147483647 at character 25, found "x"
            ADD BACKEND db:1 WEIGHT -1           | found "-1"
            ADD BACKEND db:1 WEIGHT 2147483648   | expected a weight
            ADD BACKEND db:1 WEIGHT 1 WEIGHT 2   | WEIGHT is said twice
            ADD BACKEND db:1 MAX CONNECTIONS 5 ZONE a MAX CONNECTIONS 5 | MAX is said twice
            ADD BACKEND db:1 MAX 5               | expected CONNECTIONS at character 22, found "5"
            DRAIN BACKEND TIMEOUT 5              | expected host:port at character 15, found "TIMEOUT"
            DRAIN BACKEND db:1 TIMEUOT 5         | expected TIMEOUT or the end at character 20, found "TIMEUOT"; did you mean TIMEOUT?
            DRAIN BACKEND db:1 TIMEOUT 86401     | expected seconds, a number from 0 to 86400
            REMOVE BACKEND db:1 FROCE            | did you mean FORCE?
            RESUME BACKENDS                      | expected BACKEND or the end at character 8, found "BACKENDS"; did you mean BACKEND?
            SET BACKEND db:1 OFLINE              | expected WEIGHT, OFFLINE at character 18, found "OFLINE"; did you mean OFFLINE?
            SET BACKEND db:1 OFFLINE TIMEOUT 5   | expected FORCE or the end at character 26, found "TIMEOUT"
            SET FEATURE read_spliting = off      | did you mean read_splitting?
            SET FEATURE retry off                | expected = at character 19, found "off"
            SET FEATURE retry = yes              | expected on, off at character 21, found "yes"
            SWITCHOVER db:1                      | expected TO at character 12
            SWITCHOVER TO db:1 DRY               | expected RUN at the end
            KILL all                             | expected QUERY, CONNECTION or the id of a session
            KILL 4294967296                      | a number from 0 to 4294967295
            EXPLAIN ROUTE                        | expected a statement at the end
            EXPLAIN SELECT 1                     | expected ROUTE at character 9
            ROLLBACK CONFIG 3                    | expected TO at character 17, found "3"
            ADD BACKEND "db:1                    | the quote " at character 13 is not closed
            SHOW /* BACKENDS                     | the comment at character 6 is not closed
            """)
    void aMistakeIsNamedWithItsPlace(String statement, String message) {
        assertThatThrownBy(() -> AdminGrammar.parse(statement))
                .isInstanceOfSatisfying(
                        OperationException.class, e -> assertThat(e.kind()).isEqualTo(OperationException.Kind.INVALID))
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", ";", "/* nothing */"})
    void nothingIsNoStatement(String statement) {
        assertThatThrownBy(() -> AdminGrammar.parse(statement)).hasMessageStartingWith("expected SHOW, ADD, ");
    }

    @Test
    void helpListsEverythingOrWhatHasAWord() throws OperationException {
        ResultTable all = help("HELP");
        assertThat(all.columns()).containsExactly("statement", "meaning");
        assertThat(all.rows()).hasSize(AdminHelp.LINES.size()).hasSizeGreaterThan(20);
        assertThat(help("help 'Backend';").rows())
                .hasSizeBetween(5, 10)
                .allSatisfy(row -> assertThat(String.valueOf(row)).containsIgnoringCase("backend"));
        assertThat(help("SHOW HELP")).isEqualTo(all);
        assertThat(help("show help 'backend'")).isEqualTo(help("HELP BACKEND"));
        assertThat(help("HELP nonsense").rows()).isEmpty();
        assertThatThrownBy(() -> AdminGrammar.parse("HELP a b")).hasMessageContaining("expected the end");
    }

    private static ResultTable help(String statement) throws OperationException {
        return ((AdminRequest.Help) AdminGrammar.parse(statement)).answer();
    }

    @Test
    void aLongWordIsNotRepeatedWhole() {
        assertThatThrownBy(() -> AdminGrammar.parse("x".repeat(1000)))
                .satisfies(e -> assertThat(String.valueOf(e.getMessage())).hasSizeLessThan(300));
    }

    @Test
    void everyRefusalHasAPlaceInEachDoor() {
        assertThat(List.of(OperationException.Kind.values()))
                .allSatisfy(kind -> assertThat(Refusal.of(kind).name()).isEqualTo(kind.name()));
    }
}
