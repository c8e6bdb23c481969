package dev.sluice.server;

import com.sun.management.GarbageCollectionNotificationInfo;
import dev.sluice.server.admission.ClientAdmission;
import dev.sluice.server.session.LoopContext;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.management.ListenerNotFoundException;
import javax.management.Notification;
import javax.management.NotificationEmitter;
import javax.management.NotificationListener;
import javax.management.openmbean.CompositeData;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the heap from being used up. An error for want of memory may come anywhere, in the middle of anything, and nothing that a
 * process says about sessions can be relied upon behind it; so it must not come. When a collection leaves less than a tenth of
 * the heap, nobody is let in any more, and the clients on whose behalf the most is kept are sent away; when one leaves a fifth,
 * all is as before. Thread-safe: the notifications of collections come one after the other.
 */
final class HeapGuard implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(HeapGuard.class);
    private static final double SHORT = 0.90;
    private static final double ENOUGH = 0.80;

    /** So much of the heap is to be made free behind one collection. */
    private static final double ROOM = 0.10;

    private static final long COLLECT_NANOS = Duration.ofSeconds(5).toNanos();

    private final ClientAdmission admission;
    private final Supplier<Collection<LoopContext>> loops;
    private final long heapMax = Runtime.getRuntime().maxMemory();
    private final Set<String> heapPools = ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .map(MemoryPoolMXBean::getName)
            .collect(Collectors.toSet());
    private final NotificationListener listener = (notification, handback) -> collected(notification);
    private volatile boolean isShort;

    HeapGuard(ClientAdmission admission, Supplier<Collection<LoopContext>> loops) {
        this.admission = admission;
        this.loops = loops;
    }

    void start() {
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            if (collector instanceof NotificationEmitter emitter) {
                emitter.addNotificationListener(listener, null, null);
            }
        }
    }

    private void collected(Notification notification) {
        if (notification.getUserData() instanceof CompositeData data) {
            Map<String, MemoryUsage> after =
                    GarbageCollectionNotificationInfo.from(data).getGcInfo().getMemoryUsageAfterGc();
            collected(heapPools.stream()
                    .map(after::get)
                    .filter(usage -> usage != null)
                    .mapToLong(MemoryUsage::getUsed)
                    .sum());
        }
    }

    /** A collection has left so many bytes in use. */
    synchronized void collected(long used) {
        if (used > heapMax * SHORT) {
            tell(true, used);
            Collection<LoopContext> all = loops.get();
            long share = (long) (heapMax * ROOM) / Math.max(1, all.size());
            all.forEach(loop -> loop.makeRoom(share));
        } else if (used < heapMax * ENOUGH) {
            tell(false, used);
        }
    }

    private void tell(boolean now, long used) {
        if (now == isShort) {
            return;
        }
        isShort = now;
        admission.shortOfMemory(now);
        if (now) {
            Thread collecting = new Thread(this::collect, "sluice-heap");
            collecting.setDaemon(true);
            collecting.start();
        }
        if (now) {
            LOGGER.atError()
                    .addKeyValue("used", used)
                    .addKeyValue("max", heapMax)
                    .log(
                            "the heap is nearly used up: nobody is let in, and those who hold the most are sent away; give the process more memory (-Xmx, MaxRAMPercentage) or lower limits.max-connections");
        } else {
            LOGGER.atWarn()
                    .addKeyValue("used", used)
                    .addKeyValue("max", heapMax)
                    .log("the heap has room again: clients are let in");
        }
    }

    /** Whoever refuses everybody allocates next to nothing, and would not learn by itself that there is room again. */
    private void collect() {
        while (isShort) {
            LockSupport.parkNanos(COLLECT_NANOS);
            if (isShort) {
                System.gc();
            }
        }
    }

    @Override
    public void close() {
        isShort = false;
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            if (collector instanceof NotificationEmitter emitter) {
                try {
                    emitter.removeNotificationListener(listener);
                } catch (ListenerNotFoundException e) {
                    LOGGER.debug("collections were not listened to", e);
                }
            }
        }
    }
}
