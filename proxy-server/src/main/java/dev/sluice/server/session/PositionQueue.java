package dev.sluice.server.session;

import java.util.ArrayList;
import java.util.List;

/**
 * The reads of one event loop that wait until the primary has been asked for its position, because only that tells where
 * they may go. One question serves all that wait. Confined to the session's event loop.
 */
final class PositionQueue {
    /** One read. Its place in the queue is one object, so that an old deadline cannot end a later wait. */
    static final class Place {
        private final PrimaryQueue.Waiter read;
        private final long sinceNanos;

        private Place(PrimaryQueue.Waiter read, long sinceNanos) {
            this.read = read;
            this.sinceNanos = sinceNanos;
        }
    }

    private final List<Place> places = new ArrayList<>();

    /** Joins the queue. */
    Place add(PrimaryQueue.Waiter read, long nowNanos) {
        Place place = new Place(read, nowNanos);
        places.add(place);
        return place;
    }

    boolean isEmpty() {
        return places.isEmpty();
    }

    /** The primary was asked at that moment: whoever had come before is routed again. */
    void sampled(long askedNanos) {
        List<Place> ready = places.stream()
                .filter(place -> askedNanos - place.sinceNanos > 0)
                .toList();
        places.removeAll(ready);
        ready.forEach(place -> place.read.retryRoute());
    }

    /** The read has waited for long enough. */
    void giveUp(Place place) {
        if (places.remove(place)) {
            place.read.retryRoute();
        }
    }
}
