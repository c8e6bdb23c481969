package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.drill.Drill;
import dev.sluice.server.localcluster.ServerFlavor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A short drill on real servers; {@code ./sluice drill} is the long one. */
@Timeout(300)
class DrillIT {
    private final List<String> lines = new ArrayList<>();

    @Test
    void threeKillsAndThreeSwitchoversMeetEveryTargetOnMySql() throws Exception {
        List<String> missed = new Drill(new Drill.Options(ServerFlavor.mysql(), 3, 3, 8), lines::add).run();

        assertThat(missed).as(String.join("\n", lines)).isEmpty();
        assertThat(lines).filteredOn(line -> line.contains(" kill ")).hasSize(3);
        assertThat(lines).filteredOn(line -> line.contains(" switchover ")).hasSize(3);
    }

    @Test
    void twoKillsAndTwoSwitchoversMeetEveryTargetOnMariaDb() throws Exception {
        MariaDbServer.requireInstalled(DrillIT.class);

        List<String> missed =
                new Drill(new Drill.Options(ServerFlavor.executable("mariadbd"), 2, 2, 8), lines::add).run();

        assertThat(missed).as(String.join("\n", lines)).isEmpty();
    }
}
