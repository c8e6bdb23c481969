package dev.sluice.router.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

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
    void aTemporaryTableWhoseNameIsNotReadPinsForGood() {
        run("CREATE /* x */ TEMPORARY TABLE x (id INT)", "DROP TEMPORARY TABLE x");
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
        run("SELECT GET_LOCK('a', 1)", "DO GET_LOCK('A', 1)", "SELECT RELEASE_LOCK('a')");
        assertThat(pins()).isEqualTo("user_lock");
        run("DO RELEASE_LOCK('a')");
        assertThat(pins()).isEmpty();
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
}
