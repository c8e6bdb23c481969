package dev.sluice.server.backend;

import dev.sluice.protocol.response.ResponseScanner;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.protocol.response.Step;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A receiver that writes down what it is told. Confined to one test. */
final class Receiver extends PendingResponse {
    private final String name;
    private final List<String> log;
    private final ResponseShape shape;
    private boolean forAnother;

    Receiver(String name, @Nullable List<String> log) {
        this(name, log, ResponseShape.SIMPLE);
    }

    Receiver(String name, @Nullable List<String> log, ResponseShape shape) {
        this.name = name;
        this.log = log == null ? new ArrayList<>() : log;
        this.shape = shape;
    }

    /** Another session waits for it. */
    Receiver forAnother() {
        forAnother = true;
        return this;
    }

    @Override
    public boolean isForAnother() {
        return forAnother;
    }

    @Override
    public ResponseShape shape() {
        return shape;
    }

    @Override
    public boolean consume(ResponseScanner scanner, ByteBuf in) {
        while (!scanner.isComplete()) {
            Step step = scanner.next(in);
            if (step == Step.NEED_MORE) {
                return false;
            }
            if (step != Step.RELAY) {
                log.add(name + " " + step);
            }
        }
        return false;
    }

    @Override
    public void completed() {
        log.add(name + " completed");
    }

    @Override
    public void failed(BackendFailure failure) {
        log.add(name + " failed: " + failure.message());
    }
}
