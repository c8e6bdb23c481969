package dev.sluice.server.cli;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handlers for signals of the operating system; closing it puts back what was there before. Confined to the main
 * thread; the handlers run on threads of the JVM.
 *
 * <p>A shutdown hook would not do: it cannot tell a second signal from the first, knows nothing of SIGHUP, and the
 * process then exits with 143 however well it stopped. {@code sun.misc.Signal} is the only way the JDK offers and part
 * of its module {@code jdk.unsupported}, which is meant to be used; it is called by reflection because the compiler's
 * warning about it cannot be suppressed and warnings are errors here.
 */
final class ProcessSignals implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(ProcessSignals.class);

    private final Map<String, Object> previous = new LinkedHashMap<>();

    /**
     * Runs an action at each signal of a name such as {@code TERM}. Where the signal cannot be handled, for example
     * under {@code -Xrs}, this is logged and the JVM's own behaviour stays.
     */
    void on(String name, Runnable action) {
        try {
            Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
            Object handler = Proxy.newProxyInstance(
                    ProcessSignals.class.getClassLoader(), new Class<?>[] {handlerType}, (proxy, method, arguments) -> {
                        if (method.getDeclaringClass() == Object.class) {
                            return objectMethod(proxy, method, arguments);
                        }
                        action.run();
                        return null;
                    });
            previous.putIfAbsent(name, handle(name, handlerType, handler));
        } catch (ReflectiveOperationException e) {
            LOGGER.atWarn().addKeyValue("signal", name).setCause(e).log("signal cannot be handled");
        }
    }

    private static Object handle(String name, Class<?> handlerType, Object handler)
            throws ReflectiveOperationException {
        Class<?> signalType = Class.forName("sun.misc.Signal");
        Object signal = signalType.getConstructor(String.class).newInstance(name);
        return signalType.getMethod("handle", signalType, handlerType).invoke(null, signal, handler);
    }

    /** The JVM may keep handlers in collections. */
    private static Object objectMethod(Object proxy, Method method, Object[] arguments) {
        return switch (method.getName()) {
            case "hashCode" -> System.identityHashCode(proxy);
            case "equals" -> proxy == arguments[0];
            default -> "handler of " + ProcessSignals.class.getName();
        };
    }

    @Override
    public void close() {
        previous.forEach((name, handler) -> {
            try {
                handle(name, Class.forName("sun.misc.SignalHandler"), handler);
            } catch (InvocationTargetException e) {
                LOGGER.atWarn()
                        .addKeyValue("signal", name)
                        .setCause(e.getCause())
                        .log("signal cannot be released");
            } catch (ReflectiveOperationException e) {
                LOGGER.atWarn().addKeyValue("signal", name).setCause(e).log("signal cannot be released");
            }
        });
    }
}
