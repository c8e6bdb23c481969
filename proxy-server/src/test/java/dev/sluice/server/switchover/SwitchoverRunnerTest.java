package dev.sluice.server.switchover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.config.TlsMode;
import dev.sluice.server.monitor.TopologyControl;
import dev.sluice.server.session.WriteGate;
import dev.sluice.server.switchover.FakeServers.Failure;
import dev.sluice.server.tls.JdbcTls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The order of the steps, and what is left when any statement of them fails. */
class SwitchoverRunnerTest {
    private static final Duration TIMEOUT = Duration.ofMillis(200);

    private final WriteGate gate = new WriteGate(System::nanoTime);
    private final List<String> steps = new ArrayList<>();

    private ResultTable run(FakeServers servers, boolean dryRun) throws OperationException, InterruptedException {
        SwitchoverSettings settings =
                new SwitchoverSettings("root", "", Optional.empty(), JdbcTls.of(TlsMode.PREFERRED));
        return new SwitchoverRunner(settings, servers, gate, servers, System::nanoTime)
                .run("db:3301", TIMEOUT, dryRun, steps::add);
    }

    @Test
    void theRolesChangeAndTheGateIsOpenAgain() throws Exception {
        FakeServers servers = new FakeServers();

        ResultTable done = run(servers, false);

        assertThat(servers.servers.get(0)).hasToString("readOnly=true superReadOnly=true source=1 replicating=true");
        assertThat(servers.servers.get(1))
                .hasToString("readOnly=false superReadOnly=false source=-1 replicating=false");
        assertThat(servers.servers.get(2)).hasToString("readOnly=true superReadOnly=true source=1 replicating=true");
        assertThat(gate.level()).isEqualTo(WriteGate.Level.OPEN);
        assertThat(servers.electable).isEqualTo(TopologyControl.ANYBODY);
        assertThat(done.rows().stream().map(row -> row.get(0)))
                .containsExactly(
                        "check",
                        "close",
                        "drain",
                        "fence",
                        "catch up",
                        "promote",
                        "repoint",
                        "demote",
                        "confirm",
                        "open",
                        "forget",
                        "pause");
    }

    @Test
    void theOldPrimaryIsFencedBeforeTheNewOneIsOpened() throws Exception {
        FakeServers servers = new FakeServers();

        ResultTable unused = run(servers, false);

        assertThat(servers.statements)
                .containsSubsequence(
                        "0: SET GLOBAL super_read_only = ON",
                        "1: STOP REPLICA",
                        "1: SET GLOBAL super_read_only = OFF",
                        "1: SET GLOBAL read_only = OFF");
    }

    @Test
    void aDrainedReplicaFollowsTheNewPrimaryToo() throws Exception {
        FakeServers servers = new FakeServers();
        servers.drained = 2;

        ResultTable done = run(servers, false);

        assertThat(servers.servers.get(2)).hasToString("readOnly=true superReadOnly=true source=1 replicating=true");
        assertThat(done.rows()).noneMatch(row -> row.get(0).equals("remark"));
    }

    @Test
    void aDrainedServerThatReplicatesNothingOrTakesWritesIsInNobodysWayAndRemarkedInPlanAndResult() throws Exception {
        FakeServers servers = new FakeServers();
        servers.drained = 2;
        servers.servers.get(2).source = -1;
        servers.servers.get(2).replicating = false;
        servers.servers.get(2).readOnly = false;
        String before = servers.servers.get(2).toString();

        for (boolean dryRun : new boolean[] {true, false}) {
            assertThat(run(servers, dryRun).rows())
                    .filteredOn(row -> row.get(0).equals("remark"))
                    .extracting(row -> row.get(1))
                    .containsExactly("db:3302 does not replicate from the primary and stays as it is");
        }
        assertThat(servers.servers.get(2)).hasToString(before);
    }

    @Test
    void aDrainedReplicaWhoseReplicationWasStoppedIsNotStarted() throws Exception {
        FakeServers servers = new FakeServers();
        servers.drained = 2;
        servers.servers.get(2).replicating = false;

        assertThat(run(servers, false).rows())
                .anyMatch(row -> row.get(0).equals("remark")
                        && String.valueOf(row.get(1)).contains("replication does not run"));
        assertThat(servers.servers.get(2)).hasToString("readOnly=true superReadOnly=true source=0 replicating=false");
    }

    @Test
    void aDryRunChangesNothingAndShowsNoPassword() throws Exception {
        FakeServers servers = new FakeServers();
        String before = servers.roles();

        ResultTable plan = run(servers, true);

        assertThat(servers.roles()).isEqualTo(before);
        assertThat(servers.statements).allMatch(sql -> sql.contains(": SHOW ") || sql.contains(": SELECT "));
        assertThat(plan.rows()).anyMatch(row -> String.valueOf(row.get(1)).contains("SOURCE_PASSWORD = '...'"));
        assertThat(plan.toString()).doesNotContain("secret");
    }

    @ParameterizedTest
    @EnumSource(Failure.class)
    void whateverStatementFailsEverythingIsAsBefore(Failure failure) throws Exception {
        FakeServers model = new FakeServers();
        String before = model.roles();
        ResultTable unused = run(model, false);
        String after = model.roles();
        int forgetting = model.statements.lastIndexOf("1: STOP REPLICA");
        assertThat(forgetting).isGreaterThan(20);

        for (int n = 0; n < forgetting; n++) {
            FakeServers servers = new FakeServers();
            servers.failing = n;
            servers.failure = failure;

            OperationException refused = catchThrowableOfType(OperationException.class, () -> run(servers, false));

            assertThat(refused).as(model.statements.get(n)).isNotNull();
            assertThat(servers.roles()).as(model.statements.get(n)).isEqualTo(before);
            assertThat(gate.level()).isEqualTo(WriteGate.Level.OPEN);
            assertThat(servers.electable).isEqualTo(TopologyControl.ANYBODY);
        }

        for (int n = forgetting; n < model.statements.size(); n++) {
            FakeServers servers = new FakeServers();
            servers.failing = n;
            servers.failure = failure;
            ResultTable done = run(servers, false);
            assertThat(done.rows()).anyMatch(row -> String.valueOf(row.get(1)).startsWith("failed: "));
            assertThat(servers.roles().replace("source=0 replicating=false", "source=-1 replicating=false"))
                    .isEqualTo(after);
        }
    }

    @Test
    void aMonitorThatDoesNotSeeTheNewPrimaryMakesItComeBack() {
        FakeServers servers = new FakeServers();
        String before = servers.roles();
        servers.monitorIsBlind = true;

        assertThatThrownBy(() -> run(servers, false))
                .hasMessageContaining("failed at 'confirm'")
                .hasMessageContaining("Everything is as before");

        assertThat(servers.roles()).isEqualTo(before);
        assertThat(steps).anyMatch(step -> step.startsWith("undo: db:3300 accepts writes"));
    }

    @Test
    void aNewPrimaryThatCannotBeFencedKeepsTheOldOneFenced() {
        FakeServers model = new FakeServers();
        assertThat(catchThrowableOfType(OperationException.class, () -> run(model, false)))
                .isNull();
        FakeServers servers = new FakeServers();
        servers.failing = model.statements.indexOf("1: SET GLOBAL read_only = OFF");
        servers.brokenForGood = 1;

        assertThatThrownBy(() -> run(servers, false))
                .hasMessageContaining("NOT everything could be taken back")
                .hasMessageContaining("not before: db:3300 accepts writes");

        assertThat(servers.servers.get(0).readOnly).isTrue();
        assertThat(gate.level()).isEqualTo(WriteGate.Level.OPEN);
    }
}
