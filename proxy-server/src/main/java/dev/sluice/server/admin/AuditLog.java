package dev.sluice.server.admin;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One line in the log for each change that somebody asked for, whatever became of it: who, from where, by which door, what, and
 * the result. What only looks leaves no line. Thread-safe: functions without state.
 *
 * <p>Operations name no secrets, and neither do their errors.
 */
public final class AuditLog {
    /** The name of the logger; its lines are written whatever level is configured. */
    public static final String LOGGER_NAME = "dev.sluice.audit";

    private static final Logger LOGGER = LoggerFactory.getLogger(LOGGER_NAME);
    /** What an operator says may be long; a line of the log is for people. */
    private static final int CHARACTERS_MAX = 500;

    private AuditLog() {}

    /** Carries out an operation. */
    @FunctionalInterface
    public interface Work {
        /** As {@link Administration#run}. */
        ResultTable run() throws OperationException, InterruptedException;
    }

    /** Carries out an operation, and writes what came of it. */
    public static ResultTable audited(Operation operation, Administration.Caller caller, Work work)
            throws OperationException, InterruptedException {
        String result = "FAILED: an internal error, which is in the log";
        try {
            ResultTable answer = work.run();
            result = "ok";
            return answer;
        } catch (OperationException e) {
            result = e.kind() + ": " + e.getMessage();
            throw e;
        } catch (InterruptedException e) {
            result = "FAILED: Sluice is stopping";
            throw e;
        } finally {
            write(operation, caller, result);
        }
    }

    /** Writes that an operation was refused before anybody tried to carry it out. */
    public static void refused(Operation operation, Administration.Caller caller, Refusal refusal, String message) {
        write(operation, caller, refusal + ": " + message);
    }

    /**
     * Writes that a signal has been followed that is no operation.
     *
     * @param what what it does, in a few words
     */
    public static void signal(String signal, String what) {
        line(new Administration.Caller(signal, Administration.Door.SIGNAL, "this host", null), what, "ok");
    }

    private static void write(Operation operation, Administration.Caller caller, String result) {
        boolean onlyLooks = operation instanceof Operation.Switchover switchover && switchover.dryRun();
        if (operation.isChange() && !onlyLooks) {
            line(caller, cut(OperationText.of(operation)), cut(result));
        }
    }

    private static void line(Administration.Caller caller, String what, String result) {
        LOGGER.atInfo()
                .addKeyValue("who", caller.author())
                .addKeyValue("from", caller.from())
                .addKeyValue("door", caller.door().label())
                .addKeyValue("what", what)
                .addKeyValue("result", result)
                .log("change");
    }

    private static String cut(String text) {
        return text.length() > CHARACTERS_MAX ? text.substring(0, CHARACTERS_MAX) + "..." : text;
    }
}
