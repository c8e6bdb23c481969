package dev.sluice.router.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What pins by name, and which statement ends such a pin. */
class NamedObjectsTest extends EffectsFixture {
    // ---- temporary tables ----

    @Test
    void aTemporaryTablePinsUntilItIsDropped() {
        run("CREATE TEMPORARY TABLE x (id INT)");
        assertThat(pins()).isEqualTo("temporary_table");
        run("DROP TEMPORARY TABLE x");
        assertThat(pins()).isEmpty();
    }

    @Test
    void thePinEndsWithTheLastOfSeveralTemporaryTables() {
        run("CREATE TEMPORARY TABLE x (id INT)", "CREATE TEMPORARY TABLE `y z` (id INT)", "DROP TEMPORARY TABLE x");
        assertThat(pins()).isEqualTo("temporary_table");
        run("DROP TEMPORARY TABLE IF EXISTS `y z`");
        assertThat(pins()).isEmpty();
    }

    @Test
    void severalTemporaryTablesGoWithOneStatement() {
        run("CREATE TEMPORARY TABLE x (id INT)", "CREATE TEMPORARY TABLE y SELECT 1");
        run("DROP TEMPORARY TABLE IF EXISTS x, `y` CASCADE;");
        assertThat(pins()).isEmpty();
    }

    @Test
    void aTableThatExistsAlreadyIsNotCountedTwice() {
        run("CREATE TEMPORARY TABLE IF NOT EXISTS x (id INT)", "CREATE TEMPORARY TABLE IF NOT EXISTS x (id INT)");
        run("DROP TEMPORARY TABLE x");
        assertThat(pins()).isEmpty();
    }

    @Test
    void dropTableWithoutTheWordTemporaryDropsATemporaryTableToo() {
        run("CREATE TEMPORARY TABLE x (id INT)", "DROP TABLE other");
        assertThat(pins()).isEqualTo("temporary_table");
        run("DROP TABLE x");
        assertThat(pins()).isEmpty();
    }

    @Test
    void aDropThatFailedDoesNotUnpin() {
        run("CREATE TEMPORARY TABLE x (id INT)");
        run("DROP TEMPORARY TABLE x", false);
        run("DROP TABLE x", false);
        assertThat(pins()).isEqualTo("temporary_table");
    }

    @Test
    void aCreateThatFailedDoesNotPin() {
        run("CREATE TEMPORARY TABLE x (id INT)", false);
        assertThat(pins()).isEmpty();
    }

    @Test
    void commentsAreNoPartOfNames() {
        run("/* from: a.B */ CREATE /* x */ TEMPORARY TABLE/**/x (id INT) -- y", "DROP TEMPORARY TABLE x # z");
        run("/* c */ SELECT GET_LOCK(/* name */ 'a', 1)", "DO RELEASE_LOCK('a') -- done");
        run("PREPARE /* c */ s FROM 'SELECT 1'", "/* c */ DEALLOCATE PREPARE s");
        assertThat(pins()).isEmpty();
    }

    @Test
    void aTemporaryTableWhoseNameIsNotReadPinsForGood() {
        run("CREATE TEMPORARY TABLE /*!x*/ x (id INT)", "DROP TEMPORARY TABLE x");
        assertThat(pins()).isEqualTo("temporary_table");
        effects.connectionGone(slot);
        assertThat(pins()).isEmpty();
    }

    @Test
    void aStatementWhoseTextIsNotAtHandPinsForGood() {
        run("CREATE TEMPORARY TABLE x (id INT)", true, null);
        run("DROP TEMPORARY TABLE x");
        assertThat(pins()).isEqualTo("temporary_table");
    }

    @Test
    void temporaryTablesOfTheSameNameInTwoSchemasAreTwo() {
        run("CREATE TEMPORARY TABLE x (id INT)");
        changes.schema("other");
        run("USE other");
        run("CREATE TEMPORARY TABLE x (id INT)", "DROP TEMPORARY TABLE x");
        assertThat(pins()).contains("temporary_table");
    }

    @Test
    void aTemporaryTableThatWasRenamedStillPins() {
        run("CREATE TEMPORARY TABLE x (id INT)", "ALTER TABLE x RENAME TO y", "DROP TEMPORARY TABLE IF EXISTS x");
        assertThat(pins()).contains("temporary_table");
    }

    // ---- user locks ----

    @Test
    void aUserLockIsHeldUntilItIsReleasedAsOftenAsItWasTaken() {
        run("SELECT GET_LOCK('a', 1)", "DO GET_LOCK('a', 1)", "SELECT RELEASE_LOCK('a')");
        assertThat(pins()).isEqualTo("user_lock");
        run("DO RELEASE_LOCK('a')");
        assertThat(pins()).isEmpty();
    }

    @Test
    void whatTheColumnIsCalledIsNoMatter() {
        run("SELECT GET_LOCK('a', 1) AS got", "SELECT RELEASE_LOCK('a') 'it is free' FROM DUAL;");
        assertThat(pins()).isEmpty();
        run("SELECT GET_LOCK('a', 1) `from`", "SELECT GET_LOCK('b', 1) FROM t", "SELECT RELEASE_ALL_LOCKS() x");
        assertThat(pins()).isEmpty();
        run("SELECT GET_LOCK('a', 1) FROM t", "SELECT RELEASE_LOCK('a') FROM t");
        assertThat(pins()).isEqualTo("user_lock");
    }

    @Test
    void releasingAnotherLockDoesNotUnpin() {
        run("SELECT GET_LOCK('a', 1)", "SELECT RELEASE_LOCK('b')");
        assertThat(pins()).isEqualTo("user_lock");
    }

    @Test
    void releaseAllLocksReleasesAlsoThoseWhoseNamesAreNotKnown() {
        run("SELECT GET_LOCK(CONCAT('a', 'b'), 1)", "SELECT GET_LOCK('a', 1)", "SELECT RELEASE_LOCK('a')");
        assertThat(pins()).isEqualTo("user_lock");
        run("SELECT RELEASE_ALL_LOCKS()");
        assertThat(pins()).isEmpty();
    }

    @Test
    void aFailedStatementMayHaveTakenItsLock() {
        run("SELECT GET_LOCK('a', 1), no_column", false);
        assertThat(pins()).isEqualTo("user_lock");
    }

    @Test
    void aFailedReleaseDoesNotUnpin() {
        run("SELECT GET_LOCK('a', 1)");
        run("SELECT RELEASE_LOCK('a')", false);
        assertThat(pins()).isEqualTo("user_lock");
    }

    // ---- handlers, statements ----

    @Test
    void everyOpenHandlerHasToBeClosed() {
        run("HANDLER t OPEN", "HANDLER t OPEN AS h", "HANDLER h CLOSE");
        assertThat(pins()).contains("handler");
        run("HANDLER t CLOSE");
        assertThat(pins()).doesNotContain("handler");
    }

    @Test
    void aTextStatementPinsUntilItIsDeallocated() {
        run("PREPARE s FROM 'SELECT 1'", "PREPARE S FROM 'SELECT 2'", "PREPARE u FROM 'SELECT 3'");
        run("DEALLOCATE PREPARE s");
        assertThat(pins()).isEqualTo("text_prepare");
        run("DROP PREPARE `u`");
        assertThat(pins()).isEmpty();
    }

    // ---- which names are the same ----

    /** Each line: statements that leave something behind on a server, apart from one another by semicolons. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                // Two tables on a file system that knows case.
                "CREATE TEMPORARY TABLE x (id INT); CREATE TEMPORARY TABLE X (id INT); DROP TABLE x",
                "CREATE TEMPORARY TABLE x (id INT); DROP TEMPORARY TABLE IF EXISTS X",
                "CREATE TEMPORARY TABLE x (id INT); DROP TEMPORARY TABLE IF EXISTS Test.x",
                // Blanks, dots and quotes inside of quotes belong to the name.
                "CREATE TEMPORARY TABLE `a b` (id INT); CREATE TEMPORARY TABLE ab (id INT); DROP TABLE ab",
                "CREATE TEMPORARY TABLE `a b` (id INT); DROP TEMPORARY TABLE IF EXISTS `a  b`",
                "CREATE TEMPORARY TABLE `a``b` (id INT); DROP TEMPORARY TABLE IF EXISTS ab",
                "CREATE TEMPORARY TABLE `other.x` (id INT); DROP TEMPORARY TABLE IF EXISTS other.x",
                "CREATE TEMPORARY TABLE `x, y` (id INT); DROP TEMPORARY TABLE IF EXISTS x, y",
                // The same name in another schema, and what is left when one of two schemas' tables goes.
                "CREATE TEMPORARY TABLE x (id INT); DROP TABLE other.x",
                "CREATE TEMPORARY TABLE x (id INT); CREATE TEMPORARY TABLE other.x (id INT); DROP TABLE test . x",
                // Names that end elsewhere than the pattern sees.
                "CREATE TEMPORARY TABLE x /**/ . y (id INT); DROP TEMPORARY TABLE IF EXISTS x",
                "CREATE TEMPORARY TABLE x\u00b0y (id INT); DROP TEMPORARY TABLE IF EXISTS x",
                "CREATE TEMPORARY TABLE x (id INT); DROP TEMPORARY TABLE IF EXISTS x\u00a0",
                "CREATE TEMPORARY TABLE IF NOT /**/ EXISTS x (id INT); DROP TABLE `IF`",
                // Two spellings in a client's character set that is no UTF-8.
                "CREATE TEMPORARY TABLE `\ufffd` (id INT); DROP TEMPORARY TABLE IF EXISTS `\ufffd`",
                "SELECT GET_LOCK('a b', 1); SELECT RELEASE_LOCK('ab')",
                "SELECT GET_LOCK('ab', 1); SELECT RELEASE_LOCK('a b')",
                "SELECT GET_LOCK('a', 1); SELECT RELEASE_LOCK('a ')",
                "SELECT GET_LOCK('a`b', 1); SELECT RELEASE_LOCK('ab')",
                // One lock for MySQL, two for MariaDB.
                "SELECT GET_LOCK('a', 1); SELECT GET_LOCK('A', 1); SELECT RELEASE_LOCK('a'); SELECT RELEASE_LOCK('a')",
                "PREPARE `a b` FROM 'SELECT 1'; PREPARE ab FROM 'SELECT 1'; DEALLOCATE PREPARE ab"
            })
    void whatMayBeAnotherNameDoesNotUnpin(String statements) {
        run(statements.split("; ", -1));
        assertThat(pins()).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TEMPORARY TABLE `x` (id INT); DROP TABLE x",
                "CREATE TEMPORARY TABLE x(id INT); DROP TABLE `x`",
                "CREATE TEMPORARY TABLE `a``b` (id INT); DROP TABLE `a``b`",
                "CREATE TEMPORARY TABLE test.x (id INT); DROP TABLE x",
                "CREATE TEMPORARY TABLE test\n.\t`x` SELECT 1; DROP TABLE `test`.x",
                "create temporary table IF not EXISTS x like t; drop table IF exists x",
                "CREATE TEMPORARY TABLE x LIKE t; CREATE TEMPORARY TABLE `y z` LIKE t; DROP TABLE `y z` , x",
                "CREATE TEMPORARY TABLE t\u00e4glich (id INT); DROP TABLE `t\u00e4glich`",
                "SELECT GET_LOCK('a b', 1); DO RELEASE_LOCK('a b')",
                "SELECT GET_LOCK(' ', 1); DO RELEASE_LOCK(' ')",
                "PREPARE s FROM 'SELECT 1'; PREPARE S FROM 'SELECT 2'; DEALLOCATE PREPARE `s`"
            })
    void theSameNameInAnotherSpellingUnpins(String statements) {
        run(statements.split("; ", -1));
        assertThat(pins()).isEmpty();
    }

    // ---- names that are not known ----

    @ParameterizedTest
    @ValueSource(strings = {" ", "", "unknown", "UNKNOWN", "null"})
    void noNameStandsForALockOfUnknownName(String name) {
        run("SELECT GET_LOCK(CONCAT('a', 'b'), 1)", "SELECT GET_LOCK('" + name + "', 1)");
        run("SELECT RELEASE_LOCK('" + name + "')", "SELECT RELEASE_LOCK('" + name + "')");
        assertThat(pins()).isEqualTo("user_lock");
    }

    @ParameterizedTest
    @ValueSource(strings = {"`x y", "``", "\"x\"", "'x'"})
    void whatIsNoNameNeverUnpins(String name) {
        run("CREATE TEMPORARY TABLE " + name + " (id INT)", "DROP TABLE " + name, "DROP TABLE x");
        assertThat(pins()).contains("temporary_table");
    }

    @Test
    void aBareNameWithoutADefaultSchemaIsNotKnown() {
        state.vector(state.vector().withSchema(null));
        run("CREATE TEMPORARY TABLE x (id INT)", "DROP TABLE x");
        assertThat(pins()).isEqualTo("temporary_table");
    }

    @Test
    void aQualifiedNameNeedsNoDefaultSchema() {
        state.vector(state.vector().withSchema(null));
        run("CREATE TEMPORARY TABLE test.x (id INT)", "DROP TABLE test.x");
        assertThat(pins()).isEmpty();
    }

    @Test
    void namesOutsideAsciiCountInUtf8Only() {
        state.vector(state.vector().with(StateVector.CHARACTER_SET_CLIENT, "latin1"));
        run("CREATE TEMPORARY TABLE \u00e4 (id INT)");
        state.vector(state.vector().with(StateVector.CHARACTER_SET_CLIENT, "utf8mb4"));
        run("CREATE TEMPORARY TABLE \u00e4 (id INT)", "DROP TABLE \u00e4");
        assertThat(pins()).isEqualTo("temporary_table");
    }

    @Test
    void aDropThatFailsHalfWayDoesNotUnpin() {
        run("CREATE TEMPORARY TABLE x (id INT)");
        run("DROP TABLE x, no_table", false);
        assertThat(pins()).isEqualTo("temporary_table");
    }

    @Test
    void namesBeyondTheBoundPinForGood() {
        for (int i = 0; i <= NamedObjects.NAMES_MAX; i++) {
            run("CREATE TEMPORARY TABLE x" + i + " (id INT)");
        }
        run("CREATE TEMPORARY TABLE IF NOT EXISTS x0 (id INT)");
        for (int i = 0; i <= NamedObjects.NAMES_MAX; i++) {
            run("DROP TABLE x" + i);
        }
        assertThat(pins()).isEqualTo("temporary_table");
    }

    @Test
    void asManyNamesAsTheBoundAllowsAreKnown() {
        for (int i = 0; i < NamedObjects.NAMES_MAX; i++) {
            run("CREATE TEMPORARY TABLE x" + i + " (id INT)");
        }
        run("CREATE TEMPORARY TABLE IF NOT EXISTS x0 (id INT)");
        for (int i = 0; i < NamedObjects.NAMES_MAX; i++) {
            run("DROP TABLE x" + i);
        }
        assertThat(pins()).isEmpty();
    }

    @Test
    void aLongListOfTablesIsReadToItsEnd() {
        String tables = "x, ".repeat(20_000) + "y";
        run("CREATE TEMPORARY TABLE y (id INT)", "DROP TABLE IF EXISTS " + tables);
        assertThat(pins()).isEmpty();
    }

    // ---- locks that go otherwise than others ----

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT service_get_write_locks('ns', 'a', 1)",
                "DO SERVICE_GET_READ_LOCKS('ns', 'a', 1)",
                "SELECT VERSION_TOKENS_LOCK_SHARED('a', 1)",
                "SELECT 1; SELECT service_get_read_locks('ns', 'a', 1)"
            })
    void releaseAllLocksKeepsTheLocksOfOtherServices(String takes) {
        run(takes);
        run("SELECT RELEASE_ALL_LOCKS()");
        assertThat(pins()).contains("user_lock");
    }

    @Test
    void releaseAllLocksReleasesAlsoWhatAPacketOfSeveralStatementsTook() {
        run("SELECT 1; SELECT GET_LOCK('a', 1)");
        run("SELECT RELEASE_ALL_LOCKS()");
        assertThat(pins()).isEmpty();
    }

    @Test
    void aLockThatWasTakenByAStatementOfUnknownTextStays() {
        run("SELECT GET_LOCK('a', 1)", true, null);
        run("SELECT RELEASE_ALL_LOCKS()");
        assertThat(pins()).isEqualTo("user_lock");
    }

    @ParameterizedTest
    @ValueSource(strings = {"SELECT RELEASE_LOCK('a')", "SELECT RELEASE_ALL_LOCKS()"})
    void aSelectThatReturnsNoRowsReleasesNothing(String sql) {
        state.vector(state.vector().with("sql_select_limit", "0"));
        run("DO GET_LOCK('a', 1)", sql);
        assertThat(pins()).isEqualTo("user_lock");
    }
}
