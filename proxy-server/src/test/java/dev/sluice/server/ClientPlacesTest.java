package dev.sluice.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.server.backend.BackendCapacities;
import dev.sluice.server.backend.WaitingBudget;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClientPlacesTest {
    private final BackendCapacities capacities =
            new BackendCapacities(List.of(address("a")), List.of(100), 0, new WaitingBudget(10, 1 << 20));
    private final List<Integer> limits = new ArrayList<>();
    private int wanted = 1000;
    private final ClientPlaces places = new ClientPlaces(
            capacities,
            () -> wanted,
            (clients, backends, connections) -> clients - 10 * backends - (int) connections,
            limits::add);

    private static BackendAddress address(String host) {
        return new BackendAddress(host, 3306);
    }

    @Test
    void aServerThatIsAddedTakesDescriptorsFromClientsAndGivesThemBack() {
        places.recount();
        assertThat(limits).containsExactly(890);
        int ordinal = capacities.add(address("b"), 50);
        assertThat(limits).containsExactly(890, 830);
        capacities.resize(ordinal, 70);
        assertThat(limits).containsExactly(890, 830, 810);
        capacities.closed(ordinal, true);
        capacities.remove(ordinal);
        assertThat(limits).containsExactly(890, 830, 810, 890);
    }

    @Test
    void thereAreNoMoreConnectionsThanToAllServersTogether() {
        places.recount();
        capacities.resizeTotal(30);
        assertThat(limits).containsExactly(890, 960);
        capacities.resizeTotal(200);
        assertThat(limits).containsExactly(890, 960, 890);
    }

    @Test
    void whatIsTheSameIsNotCountedAgain() {
        places.recount();
        places.recount();
        assertThat(limits).containsExactly(890);
        wanted = 500;
        places.recount();
        assertThat(limits).containsExactly(890, 390);
    }
}
