package dev.sluice.server.admin;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * An administration that does nothing and remembers what it was asked for. Thread-safe: its fields are concurrent or
 * volatile.
 */
public final class RecordingAdministration implements Administration {
    /** How an operation is answered. */
    @FunctionalInterface
    public interface Behaviour {
        ResultTable run(Operation operation, Caller caller) throws OperationException, InterruptedException;
    }

    /** One call. */
    public record Call(Operation operation, Caller caller) {}

    private final BlockingQueue<Call> calls = new LinkedBlockingQueue<>();
    private final AtomicLong version = new AtomicLong(7);
    private volatile Behaviour behaviour = (operation, caller) -> ResultTable.message("done");

    /** Answers like this from now on. */
    public void behave(Behaviour next) {
        behaviour = next;
    }

    /** Answers every operation with this table from now on. */
    public void answer(List<String> columns, List<List<@Nullable String>> rows) {
        behaviour = (operation, caller) -> new ResultTable(columns, rows);
    }

    /** Fails every operation from now on. */
    public void fail(OperationException.Kind kind, String message) {
        behaviour = (operation, caller) -> {
            throw new OperationException(kind, message);
        };
    }

    /** The calls since this was asked last. */
    public List<Call> calls() {
        List<Call> taken = new java.util.ArrayList<>();
        calls.drainTo(taken);
        return taken;
    }

    /** The operations since this was asked last. */
    public List<Operation> operations() {
        return calls().stream().map(Call::operation).toList();
    }

    @Override
    public long configVersion() {
        return version.get();
    }

    @Override
    public ResultTable run(Operation operation, Caller caller, Progress progress)
            throws OperationException, InterruptedException {
        calls.add(new Call(operation, caller));
        progress.step("began");
        return behaviour.run(operation, caller);
    }
}
